// One HTTP request at a time over libcurl: no redirects, no retries, no judgement of the status.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hub/settings.hpp"

namespace weft::hub {

/// Asked often while something waits or transfers; true ends that with CANCELLED.
using Cancelled = std::function<bool()>;

struct Response {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; the last value of a name counts
  std::string body;                            // what no sink took

  std::string header(const std::string& name) const;
};

struct Request {
  std::string url;
  bool head = false;
  std::vector<std::string> headers;  // "Name: value"
  std::string range;                 // "0-99"
  bool compressed = false;           // asks for gzip; otherwise for the bytes as they are
  uint64_t most_body = 0;            // more bytes, after decompression, are RESOURCE_EXHAUSTED
  /// Takes the body of a 200 or 206 as it comes. A status that is not ok ends the transfer.
  std::function<Status(const Response& head, std::string_view data)> sink;
};

/// [one thread at a time] Keeps its connections alive from request to request.
class Connection {
 public:
  Connection(const Settings& settings, Cancelled cancelled);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// UNAVAILABLE when the server cannot be reached or breaks off, which a later try may heal;
  /// FAILED_PRECONDITION when its certificate is not trusted; CANCELLED; or what the sink returned.
  /// A connection that breaks after data went to a sink gives UNAVAILABLE too.
  Result<Response> perform(const Request& request);
  /// Whether the last request failed because no name server knows the host, or none answers.
  bool unresolved() const { return unresolved_; }

 private:
  struct Transfer;
  const Settings& settings_;
  Cancelled cancelled_;
  void* easy_;
  bool unresolved_ = false;
};

}  // namespace weft::hub
