#include "hub/client.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "core/base/error.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

constexpr int kMostRedirects = 10;
constexpr double kLongestWait = 600;  // seconds; a server that asks for more is an error

/// The whole number after `key` in a list like `"api";r=0;t=55`; -1 without.
long number_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  if (at == text.npos) return -1;
  long value = -1;
  std::from_chars(text.data() + at + key.size(), text.data() + text.size(), value);
  return value;
}

}  // namespace

bool may_heal(long s) { return s == 408 || s == 429 || s == 500 || s == 502 || s == 503 || s == 504; }

double asked_wait(const Response& r) {
  const std::string limit = r.header("ratelimit"), after = r.header("retry-after");
  if (number_after(limit, "r=") == 0 && number_after(limit, "t=") >= 0)
    return static_cast<double>(number_after(limit, "t=") + 1);
  const long seconds = number_after(after, "");
  return seconds >= 0 ? static_cast<double>(seconds + 1) : -1;
}

double Client::pause(int n) const {
  constexpr double times[] = {1, 2, 4, 8, 8};
  return settings_.retry_seconds * times[std::clamp(n, 0, 4)];
}

Status Client::sleep(double seconds) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!is_cancelled()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return {};
    std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(left, std::chrono::milliseconds(50)));
  }
  return error(Code::kCancelled, "cancelled");
}

void Client::warn(const std::string& message) {
  if (!warn_) return;
  std::lock_guard lock(mutex_);
  if (warned_.size() < 64 && warned_.insert(message).second) warn_(redact(settings_, clean(message, 600)));
}

Result<Answer> Client::follow(Connection& connection, const Call& call) {
  Request request = call.request;
  const std::string home = origin(call.server->endpoint);
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    const std::string here = origin(request.url);
    if (here.empty()) return invalid("{}: not an http or https URL", shown_url(request.url));
    request.headers = call.request.headers;
    if (here == home && !call.server->authorization.empty()) {
      if (is_private_way(here)) request.headers.push_back("Authorization: " + call.server->authorization);
      else warn(shown_url(call.server->endpoint) + ": is not https, so it is asked without your token");
    }
    WEFT_TRY(Response response, connection.perform(request));
    if (const std::string note = response.header("x-hf-warning"); !note.empty() && here == home)
      warn("the server says: " + note);
    const std::string location = response.header("location");
    if (response.status < 300 || response.status >= 400 || response.status == 304 || location.empty()) {
      return Answer{std::move(response), request.url};
    }
    WEFT_TRY(const std::string next, join_url(request.url, location));
    if (is_https(request.url) && !is_https(next)) {
      return error(Code::kPermissionDenied, "{}: redirects from https to {}, which is refused",
                   shown_url(request.url), shown_url(next));
    }
    if (call.stop_at_other_host && origin(next) != here) return Answer{std::move(response), next};
    request.url = next;
  }
  return error(Code::kFailedPrecondition, "{}: more than {} redirects", shown_url(call.request.url), kMostRedirects);
}

Result<Answer> Client::send(Connection& connection, const Call& call) {
  for (int n = 0;; ++n) {
    auto answer = follow(connection, call);
    const bool heals = answer.ok() ? may_heal(answer->response.status) : answer.status().code() == Code::kUnavailable;
    if (answer.ok()) reached_ = true;
    const bool no_network = !answer.ok() && connection.unresolved() && !reached_;
    if (!heals || no_network || n + 1 >= call.tries) return answer;
    double wait = answer.ok() ? asked_wait(answer->response) : -1;
    if (wait > kLongestWait) {
      return error(Code::kResourceExhausted, "{}: the server asks to come back in {:.0f} s", shown_url(answer->url),
                   wait);
    }
    if (wait < 0) wait = pause(n);
    if (wait >= 5) warn(fmt::format("{}: busy; tries again in {:.0f} s", shown_url(call.request.url), wait));
    WEFT_CHECK_OK(sleep(wait));
  }
}

}  // namespace weft::hub
