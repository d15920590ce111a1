// Requests as sources need them: retried, with redirects followed by hand, and with the token sent to its origin alone.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// Where requests go, and what no other origin may see.
struct Server {
  std::string endpoint;       // "https://huggingface.co"
  std::string authorization;  // "Bearer ...", empty: none
};

struct Call {
  Request request;
  const Server* server = nullptr;
  // How often to try what may heal: no connection, 408, 429, 500, 502, 503, 504. A host's name that is not resolved is
  // tried once, as long as no server has answered.
  int tries = 6;
  bool stop_at_other_host = false;  // gives a redirect to another origin in place of following it
};

struct Answer {
  Response response;
  std::string url;  // the last URL that was asked
};

/// [any-thread] `settings` must outlive it.
class Client {
 public:
  Client(const Settings& settings, Cancelled cancelled, std::function<void(const std::string&)> warn)
      : settings_(settings), cancelled_(std::move(cancelled)), warn_(std::move(warn)) {}

  const Settings& settings() const { return settings_; }
  const Cancelled& cancelled() const { return cancelled_; }
  bool is_cancelled() const { return cancelled_ && cancelled_(); }
  Connection connection() const { return Connection(settings_, cancelled_); }

  /// The answer after at most ten redirects, whatever its status; a redirect from https to http is refused. Between
  /// tries it waits as long as the server says; RESOURCE_EXHAUSTED when that is too long.
  Result<Answer> send(Connection& connection, const Call& call);
  /// CANCELLED when the client is cancelled meanwhile.
  Status sleep(double seconds) const;
  /// The seconds to wait before try n + 1, where the server does not say.
  double pause(int n) const;
  void warn(const std::string& message);  // each message once

 private:
  Result<Answer> follow(Connection& connection, const Call& call);

  const Settings& settings_;
  const Cancelled cancelled_;
  const std::function<void(const std::string&)> warn_;
  std::atomic<bool> reached_{false};  // some server has answered
  std::mutex mutex_;
  std::set<std::string> warned_;
};

/// Whether a later try may get another status.
bool may_heal(long status);
/// The seconds that the server asks to wait; -1 when it does not say.
double asked_wait(const Response& response);

}  // namespace weft::hub
