#include "hub/peek.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"
#include "hub/handle.hpp"
#include "hub/header.hpp"
#include "hub/names.hpp"
#include "hub/snapshot.hpp"

namespace weft::hub {
namespace {

/// The first `bytes` of a file, fetched.
Result<std::string> start_of(Client& client, Connection& connection, const RemoteFile& file, uint64_t bytes) {
  std::string data;
  Call call = file.call;
  call.request.range = fmt::format("0-{}", std::min(bytes, file.size) - 1);
  call.request.most_body = std::min(bytes, file.size);
  WEFT_TRY(Answer a, client.send(connection, call));
  if (a.response.status >= 300) return refusal(a.response, a.url, file.asked);
  if (a.response.body.size() != call.request.most_body) {
    return error(Code::kDataLoss, "{}: {}: {} bytes came, expected {}", file.asked.repo, file.asked.path,
                 a.response.body.size(), call.request.most_body);
  }
  return std::move(a.response.body);
}

Status write_hole(const std::string& path, std::string_view start, uint64_t size) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int why = fd < 0 ? errno : write_all(fd, start.data(), start.size());
  if (why == 0 && ftruncate(fd, static_cast<off_t>(size)) != 0) why = errno;
  if (fd >= 0) close(fd);
  return why == 0 ? Status() : cannot("written", path, why);
}

bool matters(const std::string& path) { return path.ends_with("config.json") || path.ends_with(".index.json"); }

}  // namespace

Status Snapshot::lay_out(const Entry& e, const std::string& folder) {
  const std::size_t slash = e.path.rfind('/');
  if (slash != e.path.npos) WEFT_CHECK_OK(make_folders(folder, e.path.substr(0, slash)));
  const std::string to = folder + "/" + e.path;
  if (cache_.has(commit_, e.path)) {
    return symlink(cache_.file(commit_, e.path).c_str(), to.c_str()) == 0
               ? Status()
               : error(Code::kUnavailable, "{}: cannot be made", to);
  }
  if (client_.settings().offline || !out_of_reach_.ok()) return offline_miss(clean(e.path) + " is");
  Connection connection = client_.connection();
  const RemoteFile file = remote_.file(commit_, e);
  const HeaderLength header = header_length(e.path);
  if (header == nullptr) {
    if (e.size > (64u << 20))
      return error(Code::kResourceExhausted, "{}: {}: {}", remote_.text(), clean(e.path), bytes_text(e.size));
    WEFT_TRY(const std::string data, download_small(client_, connection, file, [](int64_t) {}));
    return write_hole(to, data, e.size);
  }
  for (uint64_t bytes = std::min(kFirstOfHeader, e.size);;) {
    WEFT_TRY(const std::string start, start_of(client_, connection, file, bytes));
    auto length = header(start);
    if (!length.ok()) return length.status().with_context(remote_.text() + ": " + clean(e.path));
    if (*length && **length <= start.size()) return write_hole(to, start, e.size);
    const uint64_t next = std::min(*length ? **length : bytes * 4, e.size);
    if (next <= bytes || next > kMostOfHeader)
      return error(Code::kDataLoss, "{}: {}: its header does not end", remote_.text(), clean(e.path));
    bytes = next;
  }
}

Result<Peek> Snapshot::peek(const std::string& revision, const std::string& folder) {
  WEFT_CHECK_OK(find_commit(revision));
  WEFT_CHECK_OK(find_listing(revision));
  WEFT_TRY(const Selection selection, select());
  Peek p{commit_, remote_.license(client_, commit_), listing_, selection.paths};
  p.open = folder + (selection.open.empty() ? "" : "/" + selection.open);
  for (const Entry& e : listing_) {
    if (std::find(selection.paths.begin(), selection.paths.end(), e.path) == selection.paths.end()) continue;
    p.bytes += std::min(e.size, UINT64_MAX - p.bytes);
    if (cache_.has(commit_, e.path)) p.cached_bytes += std::min(e.size, UINT64_MAX - p.cached_bytes);
    if (header_length(e.path) != nullptr || matters(e.path)) WEFT_CHECK_OK(lay_out(e, folder));
  }
  return p;
}

Result<Peek> peek(const Settings& settings, const std::string& name, const PullOptions& given,
                  const std::string& folder) {
  const std::string handle = page_as_handle(name, settings.endpoint);
  Client client(settings, given.cancelled, given.warn);
  auto look = [&]() -> Result<Peek> {
    if (!handle.starts_with("hf://") && !handle.starts_with("modelscope://")) {
      return error(Code::kUnimplemented, "{}: only hf:// and modelscope:// can be looked at without fetching",
                   clean(handle));
    }
    WEFT_TRY(const RepoHandle h, parse_repo_handle(handle));
    PullOptions options = given;
    options.wanted.path = h.path, options.wanted.quant = h.quant;
    const auto remote = h.scheme == "hf" ? hf_remote(settings, h.repo) : modelscope_remote(settings, h.repo);
    RepoCache cache(remote->in_hub_cache() ? settings.cache : settings.own_cache, remote->cache_name(),
                    settings.symlinks);
    return Snapshot(client, *remote, cache, options).peek(h.revision, folder);
  };
  auto p = look();
  return p.ok() ? std::move(p) : Result<Peek>(redact(settings, p.status()));
}

}  // namespace weft::hub
