#include "hub/inventory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "hub/cache.hpp"
#include "hub/handle.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

namespace fs = std::filesystem;

bool is_folder(const std::string& path) {
  std::error_code none;
  return fs::is_directory(path, none);
}

std::vector<std::string> names_in(const std::string& folder) {
  auto names = list_folder(folder, Entries::kAll, 1000000);
  return names.ok() ? std::move(*names) : std::vector<std::string>();
}

/// The files under `folder` as paths relative to it, sorted; links are listed and not followed.
std::vector<std::string> files_under(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code gone;
    if (!it->is_directory(gone) || it->is_symlink(gone)) files.push_back(it->path().string().substr(folder.size() + 1));
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string handle_of(const std::string& name) {
  if (!name.starts_with("models--")) return name;
  const std::string rest = name.substr(8);
  const std::size_t at = rest.find("--");
  return at == rest.npos ? "hf://" + rest : "hf://" + rest.substr(0, at) + "/" + rest.substr(at + 2);
}

/// The refs of each commit.
std::map<std::string, std::vector<std::string>> refs_of(const std::string& folder) {
  std::map<std::string, std::vector<std::string>> refs;
  for (const std::string& name : files_under(folder + "/refs")) {
    if (const auto commit = read_small_file(folder + "/refs/" + name, 128)) refs[*commit].push_back(name);
  }
  return refs;
}

CachedRepo read_repo(const std::string& root, const std::string& name) {
  CachedRepo repo{handle_of(name), root + "/" + name};
  for (const std::string& f : files_under(repo.folder)) {
    struct stat st {};
    if (lstat((repo.folder + "/" + f).c_str(), &st) != 0 || !S_ISREG(st.st_mode)) continue;
    repo.bytes += static_cast<uint64_t>(st.st_blocks) * 512;
    repo.last_used = std::max({repo.last_used, static_cast<int64_t>(st.st_atime), static_cast<int64_t>(st.st_mtime)});
  }
  const auto refs = refs_of(repo.folder);
  for (const std::string& commit : names_in(repo.folder + "/snapshots")) {
    CachedRevision r{commit};
    if (const auto it = refs.find(commit); it != refs.end()) r.refs = it->second;
    for (const std::string& f : files_under(repo.folder + "/snapshots/" + commit)) {
      ++r.files;
      r.bytes += file_bytes(repo.folder + "/snapshots/" + commit + "/" + f).value_or(0);
    }
    repo.revisions.push_back(std::move(r));
  }
  return repo;
}

/// The blobs to which the snapshots of a repository lead.
std::set<std::string> used_blobs(const std::string& folder) {
  std::set<std::string> used;
  for (const std::string& f : files_under(folder + "/snapshots")) {
    std::error_code none;
    const fs::path target = fs::read_symlink(folder + "/snapshots/" + f, none);
    if (!none) used.insert(target.filename().string());
  }
  return used;
}

uint64_t remove_file(const std::string& path, bool dry_run) {
  struct stat st {};
  if (lstat(path.c_str(), &st) != 0) return 0;
  if (!dry_run && unlink(path.c_str()) != 0) return 0;
  return static_cast<uint64_t>(st.st_blocks) * 512;
}

/// Whether another process holds the lock of a blob.
bool at_work(const std::string& lock) {
  const int fd = open(lock.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return held;
}

uint64_t remove_unused_blobs(const CachedRepo& repo, const std::set<std::string>& used, bool dry_run, uint32_t& files) {
  uint64_t freed = 0;
  const fs::path folder(repo.folder);
  const std::string locks = (folder.parent_path() / ".locks" / folder.filename()).string();
  for (const std::string& blob : names_in(repo.folder + "/blobs")) {
    if (used.contains(blob) || at_work(locks + "/" + blob.substr(0, blob.find('.')) + ".lock")) continue;
    freed += remove_file(repo.folder + "/blobs/" + blob, dry_run);
    ++files;
  }
  return freed;
}

void remove_revision(const CachedRepo& repo, const CachedRevision& r) {
  std::error_code ignored;
  for (const std::string& ref : r.refs) fs::remove(repo.folder + "/refs/" + ref, ignored);
  for (const char* part : {"/snapshots/", "/.no_exist/"}) fs::remove_all(repo.folder + part + r.commit, ignored);
  fs::remove(repo.folder + "/trees/" + r.commit + ".json", ignored);
}

/// The repository that "hf://org/name[@revision]" or a folder's name stands for; `revision` becomes the revision.
Result<CachedRepo> find(const Settings& s, const std::string& handle, std::string& revision) {
  std::string wanted = handle.substr(0, handle.find('@', std::min(handle.find("://"), handle.size())));
  if (wanted.size() < handle.size()) {
    WEFT_TRY(const RepoHandle h, parse_repo_handle(handle));
    revision = h.revision;
  }
  if (wanted.find("://") == wanted.npos && wanted.find('/') != wanted.npos) wanted = "hf://" + wanted;
  WEFT_TRY(const std::vector<CachedRepo> all, inventory(s));
  for (const CachedRepo& r : all) {
    if (r.handle == wanted) return r;
  }
  return error(Code::kNotFound, "{}: is not in the cache; weft list shows what is", clean(handle));
}

/// The id of "<commit>/<path>" where the snapshot has the file itself and no link, as without symbolic links.
std::optional<std::string> moved_id(const CachedRepo& repo, const std::string& file) {
  std::error_code none;
  if (fs::is_symlink(repo.folder + "/snapshots/" + file, none)) return std::nullopt;
  const fs::path folder(repo.folder);
  const std::size_t slash = file.find('/');
  const auto tree =
      RepoCache(folder.parent_path().string(), folder.filename().string(), true).tree(file.substr(0, slash));
  if (!tree || slash == file.npos) return std::nullopt;
  for (const Entry& e : *tree) {
    if (e.path == file.substr(slash + 1)) return e.id();
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<CachedRepo>> inventory(const Settings& s) {
  std::vector<CachedRepo> all;
  for (const std::string& name : names_in(s.cache)) {
    if (!name.starts_with("models--") || !is_folder(s.cache + "/" + name)) continue;
    CachedRepo repo = read_repo(s.cache, name);
    // The command weft info leaves such folders.
    const bool looked_at = repo.revisions.empty() && names_in(repo.folder + "/blobs").empty();
    if (!looked_at) all.push_back(std::move(repo));
  }
  if (s.own_cache != s.cache) {
    for (const std::string& name : names_in(s.own_cache)) {
      if (name.find("--") != name.npos && !name.starts_with("models--") && !name.starts_with('.') &&
          is_folder(s.own_cache + "/" + name)) {
        all.push_back(read_repo(s.own_cache, name));
      }
    }
  }
  return all;
}

Result<uint64_t> remove_cached(const Settings& s, const std::string& handle) {
  std::string revision;
  WEFT_TRY(const CachedRepo repo, find(s, handle, revision));
  if (revision.empty()) {
    std::error_code failed;
    const fs::path folder(repo.folder);
    fs::remove_all(folder, failed);
    if (failed)
      return error(Code::kPermissionDenied, "{}: cannot be removed: {}", redact(s, repo.folder), failed.message());
    fs::remove_all(folder.parent_path() / ".locks" / folder.filename(), failed);
    return repo.bytes;
  }
  for (const CachedRevision& r : repo.revisions) {
    if (r.commit != revision && std::find(r.refs.begin(), r.refs.end(), revision) == r.refs.end()) continue;
    const std::set<std::string> before = used_blobs(repo.folder);
    remove_revision(repo, r);
    uint64_t freed = 0;
    const std::set<std::string> after = used_blobs(repo.folder);
    for (const std::string& blob : before) {
      if (!after.contains(blob)) freed += remove_file(repo.folder + "/blobs/" + blob, false);
    }
    return freed;
  }
  return error(Code::kNotFound, "{}: no such revision is in the cache; weft list shows those that are", clean(handle));
}

Result<Pruned> prune(const Settings& s, bool dry_run) {
  WEFT_TRY(std::vector<CachedRepo> all, inventory(s));
  Pruned pruned;
  for (CachedRepo& repo : all) {
    const bool has_refs = std::any_of(repo.revisions.begin(), repo.revisions.end(),
                                      [](const CachedRevision& r) { return !r.refs.empty(); });
    std::set<std::string> used = used_blobs(repo.folder);
    for (const CachedRevision& r : repo.revisions) {
      if (!has_refs || !r.refs.empty()) continue;
      ++pruned.revisions;
      if (!dry_run) remove_revision(repo, r);
    }
    if (!dry_run) used = used_blobs(repo.folder);
    pruned.bytes += remove_unused_blobs(repo, used, dry_run, pruned.files);
  }
  return pruned;
}

Result<Verified> verify(const Settings& s, const std::string& handle, bool remove,
                        const std::function<void(const std::string&)>& at_work) {
  std::vector<CachedRepo> repos;
  std::string revision;
  if (handle.empty()) {
    WEFT_TRY(repos, inventory(s));
  } else {
    WEFT_TRY(CachedRepo one, find(s, handle, revision));
    repos.push_back(std::move(one));
  }
  Verified v;
  for (const CachedRepo& repo : repos) {
    auto check = [&](const std::string& file, const Digest& expected) {
      const std::string path = repo.folder + "/" + file;
      if (at_work) at_work(repo.handle + " " + file);
      const auto got = hash_of_file(expected.kind, path);
      if (got.ok() && *got == expected.hex) {
        ++v.files, v.bytes += file_bytes(path).value_or(0);
        return;
      }
      v.damaged.push_back({repo.handle, file, got.ok() ? "its hash is " + *got : redact(s, got.status().message())});
      if (remove) unlink(path.c_str());
    };
    for (const std::string& f : files_under(repo.folder + "/snapshots")) {
      const std::string file = "snapshots/" + f;
      if (!file_bytes(repo.folder + "/" + file))
        v.damaged.push_back({repo.handle, file, "leads to a blob that is not there"});
      else if (const auto id = moved_id(repo, f)) check(file, digest_of_id(*id));
    }
    for (const std::string& blob : names_in(repo.folder + "/blobs")) {
      const Digest expected = digest_of_id(blob);  // files on their way have no hash for a name
      if (expected.kind != HashKind::kNone && !repo.handle.starts_with("url--")) check("blobs/" + blob, expected);
    }
  }
  return v;
}

}  // namespace weft::hub
