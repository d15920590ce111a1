// Requests as a source means them: redirects followed by hand, retried, the token kept to its origin.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// Where requests go and what only that origin may see.
struct Server {
  std::string endpoint;       // "https://huggingface.co"
  std::string authorization;  // "Bearer ...", empty: none
};

struct Call {
  Request request;
  const Server* server = nullptr;
  int tries = 6;                  // of what may heal: no connection, 408, 429, 500, 502, 503, 504; but one of a name
                                  // that is not resolved before anything was reached
  bool stop_at_other_host = false;  // gives a redirect to another origin instead of following it
};

struct Answer {
  Response response;
  std::string url;  // the last one asked
};

/// [any-thread] Settings outlive it.
class Client {
 public:
  Client(const Settings& settings, Cancelled cancelled, std::function<void(const std::string&)> warn)
      : settings_(settings), cancelled_(std::move(cancelled)), warn_(std::move(warn)) {}

  const Settings& settings() const { return settings_; }
  const Cancelled& cancelled() const { return cancelled_; }
  bool is_cancelled() const { return cancelled_ && cancelled_(); }
  Connection connection() const { return Connection(settings_, cancelled_); }

  /// The answer after at most ten redirects, whatever its status. A redirect from https to http, or to
  /// where the same request has been, is refused. Waits as long as the server says between tries.
  Result<Answer> send(Connection& connection, const Call& call);
  /// CANCELLED when that happens meanwhile.
  Status sleep(double seconds) const;
  /// The n-th wait (from 0) between tries.
  double pause(int n) const;
  void warn(const std::string& message);  // each once

 private:
  Result<Answer> follow(Connection& connection, const Call& call);

  const Settings& settings_;
  const Cancelled cancelled_;
  const std::function<void(const std::string&)> warn_;
  std::atomic<bool> reached_{false};  // some server has answered
  std::mutex mutex_;
  std::set<std::string> warned_;
};

/// Whether a later try may give another status.
bool may_heal(long status);
/// Seconds that the server asks to wait, -1 when it says nothing.
double asked_wait(const Response& response);

}  // namespace weft::hub
