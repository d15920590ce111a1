#include "hub/settings.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "core/base/error.hpp"
#include "hub/curl.hpp"
#include "hub/hash.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

std::string trimmed(std::string text) {
  const char* space = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(space), text.size()));
  text.erase(text.find_last_not_of(space) + 1);
  return text;
}

/// "~" and "$VAR" or "${VAR}" as the official client expands them in paths.
std::string expand(const std::string& path, const Variables& variables) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i == 0 && path[0] == '~' && (path.size() == 1 || path[1] == '/')) {
      out += variables("HOME");
    } else if (path[i] == '$') {
      const bool braces = i + 1 < path.size() && path[i + 1] == '{';
      const std::size_t begin = i + 1 + braces;
      std::size_t end = begin;
      while (end < path.size() && (std::isalnum(static_cast<unsigned char>(path[end])) || path[end] == '_')) ++end;
      const std::string value = end > begin ? variables(path.substr(begin, end - begin)) : "";
      if (value.empty() || (braces && (end == path.size() || path[end] != '}'))) {
        out += path[i];
        continue;
      }
      out += value;
      i = end - 1 + braces;
    } else {
      out += path[i];
    }
  }
  return out;
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text == "1" || text == "ON" || text == "YES" || text == "TRUE";
}

std::string first_of(const Variables& v, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string value = v(name); !value.empty()) return value;
  }
  return {};
}

Status read_seconds(const Variables& v, const char* name, double& out) {
  const std::string text = v(name);
  if (text.empty()) return {};
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || !(value > 0 && value <= 86400)) {
    return invalid("{}: \"{}\" is not a number of seconds", name, clean(text, 40));
  }
  out = value;
  return {};
}

std::string small_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(std::size_t{16} << 10, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(in.gcount() > 0 ? static_cast<std::size_t>(in.gcount()) : 0);
  return trimmed(text);
}

Status read_kaggle(const Variables& v, Settings& s) {
  if (const std::string token = v("KAGGLE_API_TOKEN"); !token.empty()) {
    s.kaggle_authorization = "Bearer " + trimmed(token);
    return {};
  }
  std::string user = v("KAGGLE_USERNAME"), key = v("KAGGLE_KEY");
  if ((user.empty() || key.empty()) && !s.home.empty()) {
    const std::string folder = v("KAGGLE_CONFIG_DIR");
    const std::string text = small_file((folder.empty() ? s.home + "/.kaggle" : expand(folder, v)) + "/kaggle.json");
    const auto json = parse_json(text.empty() ? "{}" : text);
    if (json.ok()) user = json_text(*json, "username"), key = json_text(*json, "key");
  }
  if (!user.empty() && !key.empty()) s.kaggle_authorization = "Basic " + base64(user + ":" + key);
  return {};
}

Status read_places(const Variables& v, Settings& s) {
  s.home = v("HOME");
  const std::string xdg = expand(v("XDG_CACHE_HOME"), v);
  const std::string base = !xdg.empty() ? xdg : s.home.empty() ? "" : s.home + "/.cache";
  std::string hf_home = expand(v("HF_HOME"), v);
  if (hf_home.empty() && !base.empty()) hf_home = base + "/huggingface";
  s.cache = expand(first_of(v, {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}), v);
  if (s.cache.empty() && !hf_home.empty()) s.cache = hf_home + "/hub";
  if (!base.empty()) s.own_cache = base + "/weft/hub";
  s.token_file = expand(v("HF_TOKEN_PATH"), v);
  if (s.token_file.empty() && !hf_home.empty()) s.token_file = hf_home + "/token";
  return {};
}

template <class T>
Status take(const Json& options, const char* key, T& out) {
  const auto it = options.find(key);
  if (it == options.end()) return {};
  bool fits = false;
  if constexpr (std::is_same_v<T, std::string>) fits = it->is_string();
  if constexpr (std::is_same_v<T, bool>) fits = it->is_boolean();
  if constexpr (std::is_same_v<T, uint32_t>)
    fits = it->is_number_unsigned() && it->template get<uint64_t>() >= 1 && it->template get<uint64_t>() <= 64;
  if constexpr (std::is_same_v<T, double>)
    fits = it->is_number() && it->template get<double>() > 0 && it->template get<double>() <= 86400;
  if (!fits) return invalid("options of weft.hub: {} has a value of the wrong type or out of range", key);
  out = it->template get<T>();
  return {};
}

Status apply_options(const Json& options, Settings& s) {
  if (!options.is_object()) return {};
  constexpr const char* kKnown =
      "endpoint, cache, own_cache, token_file, offline, symlinks, connections, retry_seconds, stall_seconds, "
      "connect_seconds, ollama, "
      "modelscope, kaggle, proxy, ca_file";
  const std::vector<std::string> known = split(kKnown, ',');
  for (const auto& [key, value] : options.items()) {
    if (std::none_of(known.begin(), known.end(),
                     [&, k = key](const std::string& name) { return trimmed(name) == k; })) {
      return invalid("options of weft.hub: unknown key \"{}\", known are {}", clean(key, 60), kKnown);
    }
  }
  std::string proxy;
  WEFT_CHECK_OK(take(options, "endpoint", s.endpoint));
  WEFT_CHECK_OK(take(options, "cache", s.cache));
  WEFT_CHECK_OK(take(options, "own_cache", s.own_cache));
  WEFT_CHECK_OK(take(options, "token_file", s.token_file));
  WEFT_CHECK_OK(take(options, "offline", s.offline));
  WEFT_CHECK_OK(take(options, "symlinks", s.symlinks));
  WEFT_CHECK_OK(take(options, "connections", s.connections));
  WEFT_CHECK_OK(take(options, "retry_seconds", s.retry_seconds));
  WEFT_CHECK_OK(take(options, "stall_seconds", s.stall_seconds));
  WEFT_CHECK_OK(take(options, "connect_seconds", s.connect_seconds));
  WEFT_CHECK_OK(take(options, "ollama", s.ollama));
  WEFT_CHECK_OK(take(options, "modelscope", s.modelscope));
  WEFT_CHECK_OK(take(options, "kaggle", s.kaggle));
  WEFT_CHECK_OK(take(options, "ca_file", s.ca_file));
  WEFT_CHECK_OK(take(options, "proxy", proxy));
  if (!proxy.empty()) s.http_proxy = s.https_proxy = proxy;
  return {};
}

/// A token is the Hub's. Another endpoint gets it only where the user gave it for this run, by its variable.
void settle_token(bool given_by_name, Settings& s) {
  const std::string host = origin(s.endpoint);
  const bool own = host == origin("https://huggingface.co") || host == origin("https://hf.co") ||
                   (is_private_way(host) && !is_https(host));  // loopback
  if (own || s.token.empty()) return;
  if (given_by_name) {
    s.token_note = shown_url(s.endpoint) + ": is not huggingface.co; it gets your token, since HF_TOKEN gives it";
    return;
  }
  s.token_note = shown_url(s.endpoint) +
                 ": is not huggingface.co, so it is asked without the token that weft login keeps; HF_TOKEN gives one";
  s.token.clear();
}

Status check_endpoint(const char* name, std::string& url) {
  while (url.ends_with('/')) url.pop_back();
  if (origin(url).empty() || url.find_first_of("?#@ ") != url.npos) {
    return invalid("{}: \"{}\" is not an http or https URL", name, shown_url(url));
  }
  return {};
}

void replace_all(std::string& text, const std::string& what, const char* with) {
  if (what.size() < 2) return;
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += std::char_traits<char>::length(with)) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Result<Settings> read_settings(const Variables& v, const Json& options) {
  Settings s;
  WEFT_CHECK_OK(load_curl());
  WEFT_CHECK_OK(read_places(v, s));
  if (std::string e = v("HF_ENDPOINT"); !e.empty()) s.endpoint = e;
  if (std::string e = v("OLLAMA_REGISTRY"); !e.empty()) s.ollama = e;
  if (std::string e = v("KAGGLE_API_ENDPOINT"); !e.empty()) s.kaggle = e;
  if (std::string e = v("MODELSCOPE_DOMAIN"); !e.empty()) s.modelscope = e.find("://") == e.npos ? "https://" + e : e;
  s.modelscope_token = trimmed(v("MODELSCOPE_API_TOKEN"));
  s.offline = is_true(v("HF_HUB_OFFLINE")) || is_true(v("TRANSFORMERS_OFFLINE"));
  s.symlinks = !is_true(v("HF_HUB_DISABLE_SYMLINKS"));
  s.progress_bars = !is_true(v("HF_HUB_DISABLE_PROGRESS_BARS"));
  WEFT_CHECK_OK(read_seconds(v, "HF_HUB_DOWNLOAD_TIMEOUT", s.stall_seconds));
  WEFT_CHECK_OK(read_seconds(v, "HF_HUB_ETAG_TIMEOUT", s.connect_seconds));
  s.http_proxy = first_of(v, {"http_proxy", "all_proxy", "ALL_PROXY"});  // HTTP_PROXY is a header in CGI programs
  s.https_proxy = first_of(v, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  s.no_proxy = first_of(v, {"no_proxy", "NO_PROXY"});
  s.ca_file = first_of(v, {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"});
  s.ca_folder = v("SSL_CERT_DIR");
  WEFT_CHECK_OK(read_kaggle(v, s));
  WEFT_CHECK_OK(apply_options(options, s));
  WEFT_CHECK_OK(check_endpoint("HF_ENDPOINT", s.endpoint));
  WEFT_CHECK_OK(check_endpoint("the Ollama registry", s.ollama));
  WEFT_CHECK_OK(check_endpoint("the ModelScope endpoint", s.modelscope));
  WEFT_CHECK_OK(check_endpoint("the Kaggle endpoint", s.kaggle));
  s.token = trimmed(first_of(v, {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}));
  const bool given_by_name = !s.token.empty();
  if (s.token.empty() && !s.token_file.empty() && !is_true(v("HF_HUB_DISABLE_IMPLICIT_TOKEN")))
    s.token = small_file(s.token_file);
  settle_token(given_by_name, s);
  for (const std::string* secret : {&s.token, &s.modelscope_token, &s.kaggle_authorization}) {
    if (std::any_of(secret->begin(), secret->end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
      return invalid("a token has control characters in it; run weft login");
    }
  }
  return s;
}

std::string redact(const Settings& s, std::string_view text) {
  std::string out(text);
  const std::size_t space = s.kaggle_authorization.find(' ');
  replace_all(out, s.token, "***");
  replace_all(out, s.modelscope_token, "***");
  if (space != std::string::npos) replace_all(out, s.kaggle_authorization.substr(space + 1), "***");
  replace_all(out, s.home.size() > 1 ? s.home : "", "~");
  return out;
}

Status redact(const Settings& s, const Status& status) {
  return status.ok() ? Status() : Status(status.code(), redact(s, status.message()));
}

}  // namespace weft::hub
