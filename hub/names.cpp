#include "hub/names.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <memory>

#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "hub/curl.hpp"

namespace weft::hub {
namespace {

struct FreeUrl {
  void operator()(CURLU* u) const { curl().url_cleanup(u); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

/// The parsed URL; null when it cannot be parsed.
Url parse(const std::string& url) {
  if (!load_curl().ok()) return nullptr;
  Url u(curl().url());
  if (!u || curl().url_set(u.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return nullptr;
  return u;
}

std::string part(const Url& u, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (!u || curl().url_get(u.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl().free(text);
  return copy;
}

bool plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

}  // namespace

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_repo_part(std::string_view name) {
  if (name.empty() || name.size() > 96 || !std::all_of(name.begin(), name.end(), plain)) return false;
  auto bad_end = [](char c) { return c == '.' || c == '-'; };
  return !bad_end(name.front()) && !bad_end(name.back()) && name.find("..") == name.npos &&
         name.find("--") == name.npos;
}

Status check_path(std::string_view path) {
  if (path.empty() || path.size() > 1024) return invalid("a path of {} bytes, expected 1 to 1024", path.size());
  if (one_line(path) != path) return invalid("\"{}\" has control characters", clean(path));
  for (const std::string& component : split(path, '/')) {
    if (component.empty() || component == "." || component == ".." || component.size() > 255) {
      return invalid("\"{}\" is not a relative path of plain names", clean(path));
    }
  }
  return {};
}

std::string url_quote(std::string_view text, bool keep_slash) {
  std::string out;
  for (char c : text) {
    if (plain(c) || c == '~' || (c == '/' && keep_slash)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<std::string> url_unquote(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1, low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low < 0) return invalid("\"{}\": % is not followed by two hexadecimal digits", clean(text));
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string origin(const std::string& url) {
  const Url u = parse(url);
  const std::string scheme = lower(part(u, CURLUPART_SCHEME)), host = lower(part(u, CURLUPART_HOST));
  if ((scheme != "http" && scheme != "https") || host.empty()) return {};
  return scheme + "://" + host + ":" + part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

bool is_https(const std::string& url) { return origin(url).starts_with("https://"); }

bool is_private_way(const std::string& url) {
  const std::string host = part(parse(url), CURLUPART_HOST);
  // Only digits and dots are an address: 127.example is a name that may lead anywhere.
  const bool loopback = host == "localhost" || host == "[::1]" ||
                        (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
  return is_https(url) || loopback;
}

bool is_loopback(const std::string& url) {
  const std::string host = lower(part(parse(url), CURLUPART_HOST));
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

Result<std::string> join_url(const std::string& base, const std::string& location) {
  Url u = parse(base);
  if (u && curl().url_set(u.get(), CURLUPART_URL, location.c_str(), CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) ==
               CURLUE_OK) {
    const std::string joined = part(u, CURLUPART_URL);
    if (!origin(joined).empty() && part(u, CURLUPART_USER).empty()) return joined;
  }
  return invalid("{}: redirects to \"{}\", expected an http or https URL", shown_url(base), shown_url(location));
}

std::string shown_url(const std::string& url) {
  std::string shown = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = shown.find("://");
  if (scheme != shown.npos) {
    const std::size_t host = scheme + 3, end = std::min(shown.find('/', host), shown.size());
    const std::size_t at = shown.rfind('@', end);
    if (at != shown.npos && at >= host) shown.erase(host, at + 1 - host);
  }
  return clean(shown, 500);
}

std::string clean(std::string_view from, std::size_t most) {
  const std::string text = one_line(from.substr(0, 4 * most));
  std::string out;
  bool in_url = false, in_query = false;
  for (std::size_t i = 0; i < text.size() && out.size() < most; ++i) {
    const char c = text[i];
    if (text.compare(i, 3, "://") == 0) in_url = true;
    if (in_url && (c == '?' || c == '#') && !in_query) out += "?...", in_query = true;
    if (c == ' ' || c == '"' || c == '\'' || c == '<' || c == '>') in_url = in_query = false;
    if (!in_query) out += c;
  }
  return out;
}

bool glob(const std::string& pattern, const std::string& path) {
  return fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
}

std::string json_text(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

std::optional<uint64_t> json_number(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  if (it == object.end() || !it->is_number_unsigned()) return std::nullopt;
  return it->get<uint64_t>();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace weft::hub
