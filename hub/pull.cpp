#include "hub/pull.hpp"

#include "core/base/error.hpp"
#include "hub/handle.hpp"
#include "hub/kaggle.hpp"
#include "hub/names.hpp"
#include "hub/snapshot.hpp"

namespace weft::hub {
namespace {

/// https://huggingface.co/org/name/resolve/main/file and /blob/ are handles in other words.
std::string as_handle(const Settings& s, const std::string& url) {
  if (origin(url) != origin(s.endpoint)) return url;
  const std::string rest = url.substr(0, url.find_first_of("?#")).substr(std::min(url.size(), s.endpoint.size() + 1));
  const std::vector<std::string> parts = split(rest, '/');
  if (parts.size() < 5 || (parts[2] != "resolve" && parts[2] != "blob")) return url;
  return "hf://" + parts[0] + "/" + parts[1] + "@" +
         rest.substr(parts[0].size() + parts[1].size() + parts[2].size() + 3);
}

Result<Pulled> pull_from(const Settings& settings, Client& client, const std::string& given, PullOptions options) {
  const std::string handle = given.starts_with("http") ? as_handle(settings, given) : given;
  const std::string scheme = handle.substr(0, handle.find("://"));
  if (scheme == "kaggle") return pull_kaggle(client, handle, options);
  std::unique_ptr<Remote> remote;
  std::string revision = "main";
  if (scheme == "hf" || scheme == "modelscope") {
    WEFT_TRY(const RepoHandle h, parse_repo_handle(handle));
    if (!h.path.empty()) options.wanted.path = h.path;
    if (!h.quant.empty()) options.wanted.quant = h.quant;
    revision = h.revision;
    remote = scheme == "hf" ? hf_remote(settings, h.repo) : modelscope_remote(settings, h.repo);
  } else if (scheme == "ollama") {
    WEFT_TRY(const OllamaHandle h, parse_ollama_handle(handle));
    revision = h.tag;
    remote = ollama_remote(settings, h);
    options.wanted.all = true;
  } else if (scheme == "https" || scheme == "http") {
    if (scheme == "http" && !is_loopback(handle)) {
      return error(Code::kPermissionDenied, "{}: plain http is for this machine alone; use https", shown_url(handle));
    }
    remote = url_remote(handle);
    options.wanted.all = true;
  } else {
    return error(Code::kUnimplemented, "{}: no source serves {}://", clean(handle), clean(scheme));
  }
  RepoCache cache(remote->in_hub_cache() ? settings.cache : settings.own_cache, remote->cache_name(),
                  settings.symlinks);
  WEFT_TRY(Pulled p, Snapshot(client, *remote, cache, options).get(revision));
  if (scheme == "ollama") p.path = p.folder + "/model.gguf";
  if (scheme.starts_with("http")) {
    const Listing there = cache.present(p.commit);
    if (!there.empty()) p.path = p.folder + "/" + there.front().path;
  }
  return p;
}

}  // namespace

const std::vector<std::string>& schemes() {
  static const std::vector<std::string> all = {"hf", "https", "http", "ollama", "modelscope", "kaggle"};
  return all;
}

Result<Pulled> pull(const Settings& settings, const std::string& handle, const PullOptions& options) {
  Client client(settings, options.cancelled, options.warn);
  auto pulled = pull_from(settings, client, handle, options);
  return pulled.ok() ? std::move(pulled) : Result<Pulled>(redact(settings, pulled.status()));
}

}  // namespace weft::hub
