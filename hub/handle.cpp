#include "hub/handle.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

/// Cuts `text` at the first of the characters `ends`, and gives what stood before it.
std::string take_until(std::string& text, const char* ends) {
  const std::size_t end = std::min(text.find_first_of(ends), text.size());
  std::string taken = text.substr(0, end);
  text.erase(0, end);
  return taken;
}

std::string without_scheme(const std::string& text) {
  const std::size_t at = text.find("://");
  return at == text.npos ? text : text.substr(at + 3);
}

/// Takes the revision from the start of `rest`.
Result<std::string> take_revision(std::string& rest) {
  for (const char* prefix : {"refs/pr/", "refs/convert/"}) {
    if (!rest.starts_with(prefix)) continue;
    std::string tail = rest.substr(std::string_view(prefix).size());
    const std::string name = take_until(tail, "/:");
    rest = tail;
    return prefix + name;
  }
  return url_unquote(take_until(rest, "/:"));
}

}  // namespace

std::string RepoHandle::text() const { return scheme + "://" + repo; }

Result<RepoHandle> parse_repo_handle(const std::string& text) {
  RepoHandle h;
  h.scheme = text.substr(0, text.find("://"));
  if (h.scheme == "modelscope") h.revision = "master";
  const std::string expected = h.scheme + "://org/name[@revision][/path][:quant]";
  std::string rest = without_scheme(text);
  if (rest.starts_with("models/") && std::count(rest.begin(), rest.end(), '/') > 1) rest.erase(0, 7);
  const std::string owner = take_until(rest, "/");
  if (owner == "datasets" || owner == "spaces") return invalid("{}: is no model; expected {}", clean(text), expected);
  if (!rest.empty()) rest.erase(0, 1);
  const std::string name = take_until(rest, "@:/");
  if (!is_repo_part(owner) || !is_repo_part(name))
    return invalid("{}: is not a repository's name; expected {}", clean(text), expected);
  h.repo = owner + "/" + name;
  if (rest.starts_with('@')) {
    rest.erase(0, 1);
    WEFT_TRY(h.revision, take_revision(rest));
    if (Status s = check_path(h.revision); !s.ok()) return s.with_context(clean(text) + ": revision");
  }
  if (rest.starts_with(':')) {
    h.quant = rest.substr(1);
  } else if (rest.starts_with('/')) {
    h.path = rest.substr(1);
    while (h.path.ends_with('/')) h.path.pop_back();
    if (h.path.empty()) return h;
    if (Status s = check_path(h.path); !s.ok()) return s.with_context(clean(text) + ": path");
  }
  const bool plain = h.quant.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
                     std::string::npos;
  if (rest.starts_with(':') && (h.quant.empty() || !plain))
    return invalid("{}: is not a quant's name; expected one as Q4_K_M", clean(text));
  return h;
}

std::string page_as_handle(const std::string& text, const std::string& endpoint) {
  // A file that is pinned by its hash.
  if (!text.starts_with("http") || text.find("#sha256=") != text.npos) return text;
  const std::string url = text.substr(0, text.find_first_of("?#"));
  for (const std::string& hub : {endpoint, std::string("https://huggingface.co"), std::string("https://hf.co")}) {
    if (origin(url).empty() || origin(url) != origin(hub) || url.size() <= hub.size()) continue;
    std::vector<std::string> parts = split(url.substr(hub.size() + 1), '/');
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    if (parts.size() < 2) return text;
    const std::string repo = "hf://" + parts[0] + "/" + parts[1];
    if (parts.size() == 2) return parts[1].ends_with(".gguf") ? text : repo;  // a mirror's own file
    const bool folder = parts[2] == "tree" && parts.size() > 3;
    const bool file = (parts[2] == "blob" || parts[2] == "resolve") && parts.size() > 4;
    if (!folder && !file) return text;
    return fmt::format("{}@{}", repo, fmt::join(parts.begin() + 3, parts.end(), "/"));
  }
  return text;
}

Result<OllamaHandle> parse_ollama_handle(const std::string& text) {
  const char* expected = "expected ollama://[host/][namespace/]name[:tag]";
  OllamaHandle h;
  std::string rest = without_scheme(text);
  const std::size_t colon = rest.rfind(':');
  if (colon != rest.npos && rest.find('/', colon) == rest.npos) {
    h.tag = rest.substr(colon + 1);
    rest.erase(colon);
  }
  std::vector<std::string> parts = split(rest, '/');
  if (parts.size() == 3) {
    h.host = parts[0];
    parts.erase(parts.begin());
    if (origin("https://" + h.host).empty() || h.host.find_first_of("@?# ") != h.host.npos)
      return invalid("{}: {}", clean(text), expected);
  }
  if (parts.size() == 1) parts.insert(parts.begin(), "library");
  if (parts.size() != 2 || !is_repo_part(parts[0]) || !is_repo_part(parts[1]) || !is_repo_part(h.tag)) {
    return invalid("{}: {}", clean(text), expected);
  }
  h.name = parts[0] + "/" + parts[1];
  return h;
}

Result<KaggleHandle> parse_kaggle_handle(const std::string& text) {
  std::vector<std::string> parts = split(without_scheme(text), '/');
  KaggleHandle h;
  if (parts.size() == 5) {
    h.version = parts.back();
    parts.pop_back();
  }
  const bool numeric = h.version.find_first_not_of("0123456789") == std::string::npos && h.version.size() < 10;
  if (parts.size() != 4 || !numeric ||
      !std::all_of(parts.begin(), parts.end(), [](const std::string& p) { return is_repo_part(p); })) {
    return invalid("{}: expected kaggle://owner/model/framework/variation[/version]", clean(text));
  }
  h.model = parts[0] + "/" + parts[1] + "/" + parts[2] + "/" + parts[3];
  return h;
}

}  // namespace weft::hub
