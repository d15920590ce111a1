#include "hub/pull.hpp"

#include <atomic>
#include <optional>

#include "core/base/error.hpp"
#include "hub/handle.hpp"
#include "hub/kaggle.hpp"
#include "hub/names.hpp"
#include "hub/snapshot.hpp"

namespace weft::hub {
namespace {

/// A pull with all it uses.
struct Job {
  Job(Settings s, PullOptions o)
      : settings(std::move(s)),
        options(std::move(o)),
        client(settings, [this] { return stop || (options.cancelled && options.cancelled()); }, options.warn) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const Settings settings;
  PullOptions options;
  std::atomic<bool> stop{false};
  Client client;
  std::string handle, scheme, revision = "main";
  std::unique_ptr<Remote> remote;  // null for Kaggle
  std::optional<RepoCache> cache;
  std::optional<Snapshot> snapshot;

  Status open(const std::string& given) {
    handle = page_as_handle(given, settings.endpoint);
    scheme = handle.substr(0, handle.find("://"));
    if (scheme == "kaggle") return {};
    WEFT_CHECK_OK(find_remote());
    cache.emplace(remote->in_hub_cache() ? settings.cache : settings.own_cache, remote->cache_name(),
                  settings.symlinks);
    snapshot.emplace(client, *remote, *cache, options);
    return {};
  }

  Result<Pulled> opened(Result<Pulled> p) const {
    if (p.ok() && scheme == "ollama") p->path = p->folder + "/model.gguf";
    if (p.ok() && scheme.starts_with("http") && !p->files.empty()) p->path = p->folder + "/" + p->files.front();
    return p;
  }

 private:
  Status find_remote() {
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
    return {};
  }
};

Result<Pulled> get(Job& job, const std::string& handle) {
  WEFT_CHECK_OK(job.open(handle));
  if (!job.remote) return pull_kaggle(job.client, job.handle, job.options);
  return job.opened(job.snapshot->get(job.revision));
}

Result<Started> start(const std::shared_ptr<Job>& job, const std::string& handle) {
  WEFT_CHECK_OK(job->open(handle));
  if (!job->remote) {
    WEFT_TRY(Pulled whole, pull_kaggle(job->client, job->handle, job->options));
    return Started{std::move(whole), nullptr};
  }
  std::unique_ptr<Delivery> rest;
  WEFT_TRY(Pulled pulled, job->opened(job->snapshot->start(job->revision, rest)));
  if (rest) rest->start(job, [job = job.get()] { job->stop = true; });
  return Started{std::move(pulled), std::move(rest)};
}

}  // namespace

const std::vector<std::string>& schemes() {
  static const std::vector<std::string> all = {"hf", "https", "http", "ollama", "modelscope", "kaggle"};
  return all;
}

Result<Pulled> pull(const Settings& settings, const std::string& handle, const PullOptions& options) {
  Job job(settings, options);
  auto pulled = get(job, handle);
  return pulled.ok() ? std::move(pulled) : Result<Pulled>(redact(settings, pulled.status()));
}

Result<Started> start_pull(const Settings& settings, const std::string& handle, const PullOptions& options) {
  auto started = start(std::make_shared<Job>(settings, options), handle);
  return started.ok() ? std::move(started) : Result<Started>(redact(settings, started.status()));
}

}  // namespace weft::hub
