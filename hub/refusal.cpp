#include "hub/refusal.hpp"

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

/// The text of {"error": "..."} or {"errors": [{"message": "..."}]}; empty when there is none.
std::string json_words(const std::string& body) {
  const auto json = parse_json(body, {.max_bytes = 256 << 10, .max_depth = 16});
  if (!json.ok() || !json->is_object()) return {};
  const auto error = json->find("error"), errors = json->find("errors");
  if (error != json->end() && error->is_string()) return error->get<std::string>();
  if (errors == json->end() || !errors->is_array() || errors->empty() || !errors->front().is_object()) return {};
  const auto message = errors->front().find("message");
  return message != errors->front().end() && message->is_string() ? message->get<std::string>() : "";
}

constexpr uint64_t kMostOfBridge = 50000000000;  // larger files the official client does not fetch over plain HTTP
constexpr const char* kLogin = "give a token with weft login or HF_TOKEN";

/// The server's words and its id of the request, cleaned; empty when it gave neither.
std::string server_words(const Response& r) {
  std::string words = r.header("x-error-message");
  if (words.empty()) words = json_words(r.body);
  words = clean(words);
  for (const char* name : {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id"}) {
    if (const std::string id = r.header(name); !id.empty())
      return words + (words.empty() ? "" : " ") + "(request " + clean(id, 80) + ")";
  }
  return words;
}

}  // namespace

Status refusal(const Response& r, const std::string& url, const Asked& asked) {
  const std::string code = r.header("x-error-code"), message = r.header("x-error-message");
  std::string words = server_words(r);
  if (!words.empty()) words = "; the server says: " + words;
  if (code == "RevisionNotFound") {
    return error(Code::kNotFound, "{}: has no branch, tag or commit \"{}\"; see the names on its page{}", asked.repo,
                 clean(asked.revision), words);
  }
  if (code == "EntryNotFound") {
    return error(Code::kNotFound, "{}: has no file \"{}\" at {}; weft info {} lists its files{}", asked.repo,
                 clean(asked.path), clean(asked.revision), asked.repo, words);
  }
  if (code == "GatedRepo") {
    const char* next = asked.with_token ? "ask for access on its page with the account of your token" : kLogin;
    return error(Code::kPermissionDenied, "{}: is gated, and access has not been granted; {}{}", asked.repo, next,
                 words);
  }
  if (message == "Access to this resource is disabled.") {
    return error(Code::kPermissionDenied, "{}: has been disabled by the Hub; there is no way to get it{}", asked.repo,
                 words);
  }
  const bool bad_token = message.find("Invalid credentials in Authorization header") != message.npos ||
                         r.body.find("Invalid credentials in Authorization header") != r.body.npos;
  if (r.status == 401 && bad_token) {
    return error(Code::kUnauthenticated, "{}: the token is not valid; make a new one and run weft login{}",
                 asked.repo, words);
  }
  if (code == "RepoNotFound" || r.status == 401) {
    return error(Code::kNotFound,
                 "{}: no such repository, or a private one that may not be seen; check the name{}{}{}", asked.repo,
                 asked.with_token ? ", and that the token may read it" : ", or ", asked.with_token ? "" : kLogin,
                 words);
  }
  if (asked.size > kMostOfBridge && (r.status == 400 || r.status == 403 || r.status == 413 || r.status == 416)) {
    return error(
        Code::kUnimplemented,
        "{}: {} has {}, and the server may give files above 50 GB by the Xet protocol alone, which weft does not "
        "speak; fetch it with the official client (hf download), weft finds it in the cache (status {})",
        asked.repo, clean(asked.path), bytes_text(asked.size), r.status);
  }
  const std::string where = shown_url(url);
  if (r.status == 404) return error(Code::kNotFound, "{}: {} is not there{}", asked.repo, where, words);
  if (r.status == 400) return error(Code::kInvalidArgument, "{}: bad request for {}{}", asked.repo, where, words);
  if (r.status == 403) {
    return error(Code::kPermissionDenied, "{}: {} is forbidden; check what the token is allowed to read{}",
                 asked.repo, where, words);
  }
  if (r.status == 416)
    return error(Code::kOutOfRange, "{}: {} is shorter than it was said to be{}", asked.repo, where, words);
  if (r.status == 429) {
    return error(Code::kResourceExhausted, "{}: too many requests; try again later{}{}", asked.repo,
                 asked.with_token ? "" : " or ", (asked.with_token ? "" : kLogin) + words);
  }
  return error(may_heal(r.status) ? Code::kUnavailable : Code::kUnknown, "{}: {} answers with status {}{}{}",
               asked.repo, where, r.status, may_heal(r.status) ? "; try again later" : "", words);
}

bool cache_may_serve(const Status& s) {
  switch (s.code()) {
    case Code::kUnavailable:
    case Code::kResourceExhausted:
    case Code::kUnauthenticated:
    case Code::kPermissionDenied: return true;
    default: return false;
  }
}

}  // namespace weft::hub
