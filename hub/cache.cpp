#include "hub/cache.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "hub/durable.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by huggingface_hub.\n"
    "# For information about cache directory tags, see:\n"
    "#\thttps://bford.info/cachedir/\n";

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::optional<Listing> listing_of(const Json& files) {
  Listing listing;
  for (const auto& [path, f] : files.items()) {
    if (!f.is_object() || !check_path(path).ok() || !f.contains("size") || !f["size"].is_number_unsigned())
      return std::nullopt;
    Entry e{path, f["size"].get<uint64_t>(), json_text(f, "blob_id"), json_text(f, "lfs_sha256"),
            json_text(f, "xet_hash")};
    if (!is_hex(e.id(), e.sha256.empty() ? 40 : 64)) return std::nullopt;
    listing.push_back(std::move(e));
  }
  std::sort(listing.begin(), listing.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return listing;
}

std::string parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

}  // namespace

std::optional<std::string> RepoCache::ref(const std::string& revision) const {
  auto text = read_small_file(folder_ + "/refs/" + revision, 128);
  if (!text || (!is_commit(*text) && !is_hex(*text, 64))) return std::nullopt;
  return text;
}

PreparedRef::PreparedRef(const RepoCache& cache, const std::string& commit) : path_(cache.prepared_ref(commit)) {
  (void)write_file(path_, commit, unique_name(path_));  // best effort
}

PreparedRef::~PreparedRef() { unlink(path_.c_str()); }

Status RepoCache::write_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit || ref(revision) == commit) return {};
  WEFT_CHECK_OK(make_folders(folder_, "refs/" + parent(revision)));
  const std::string to = folder_ + "/refs/" + revision, prepared = prepared_ref(commit);
  if (read_small_file(prepared, 128) == commit && rename(prepared.c_str(), to.c_str()) == 0) return {};
  return write_file(to, commit, unique_name(folder_ + "/.weft-ref"));
}

std::optional<Listing> RepoCache::tree(const std::string& commit) const {
  const auto text = read_small_file(folder_ + "/trees/" + commit + ".json", std::size_t{256} << 20);
  if (!text) return std::nullopt;
  auto json = parse_json(*text, {.max_bytes = 256u << 20, .max_depth = 8, .max_values = 16'000'000});
  if (!json.ok() || !json->is_object() || !json->contains("files") || !json->contains("format_version"))
    return std::nullopt;
  const Json& files = (*json)["files"];
  return (*json)["format_version"] == 1 && files.is_object() ? listing_of(files) : std::nullopt;
}

Status RepoCache::write_tree(const std::string& commit, const Listing& listing) const {
  Json files = Json::object();
  auto& members = files.get_ref<Json::object_t&>();
  members.reserve(listing.size());
  for (const Entry& e : listing) {  // appended, since paths are unique: looking each one up takes long
    Json f = {{"size", e.size}, {"blob_id", e.blob_id}};
    if (!e.sha256.empty()) f["lfs_sha256"] = e.sha256, f["lfs_size"] = e.size;
    if (!e.xet_hash.empty()) f["xet_hash"] = e.xet_hash;
    static_cast<std::vector<std::pair<const std::string, Json>>&>(members).emplace_back(e.path, std::move(f));
  }
  const Json all = {{"format_version", 1}, {"files", std::move(files)}};
  WEFT_CHECK_OK(make_folders(folder_, "trees"));
  return write_file(folder_ + "/trees/" + commit + ".json", all.dump(1, ' ', true, Json::error_handler_t::replace),
                    unique_name(folder_ + "/.weft-tree"));
}

Listing RepoCache::present(const std::string& commit) const {
  Listing listing;
  std::error_code failed;
  const std::string base = snapshot(commit);
  for (fs::recursive_directory_iterator it(base, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code gone;
    if (!fs::is_regular_file(it->path(), gone)) continue;
    Entry e;
    e.path = it->path().string().substr(base.size() + 1);
    e.size = fs::file_size(it->path(), gone);
    listing.push_back(std::move(e));
  }
  std::sort(listing.begin(), listing.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return listing;
}

bool RepoCache::has(const std::string& commit, const std::string& path) const {
  const std::string there = file(commit, path);
  std::error_code none;
  if (!is_file(there)) return false;
  const fs::path target = fs::read_symlink(there, none);  // a file that was moved here has no mark
  return none || settled(fs::path(there).parent_path() / target, digest_of_id(target.filename().string()));
}

bool RepoCache::has_blob(const std::string& id, uint64_t size) const {
  return file_bytes(blob(id)) == size && settled(blob(id), digest_of_id(id));
}

bool RepoCache::known_missing(const std::string& commit, const std::string& path) const {
  return is_file(folder_ + "/.no_exist/" + commit + "/" + path);
}

Status RepoCache::note_missing(const std::string& commit, const std::string& path) const {
  WEFT_CHECK_OK(make_folders(folder_, ".no_exist/" + commit + "/" + parent(path)));
  return write_file(folder_ + "/.no_exist/" + commit + "/" + path, "", unique_name(folder_ + "/.weft-none"));
}

Status RepoCache::prepare() const {
  if (root_.empty()) return invalid("no cache folder: neither HOME nor HF_HUB_CACHE is set");
  std::error_code failed;
  fs::create_directories(root_, failed);
  if (std::error_code none; failed && !fs::is_directory(root_, none)) {
    errno = failed.value();
    return cannot("made", root_, errno, kOtherCache);
  }
  WEFT_CHECK_OK(make_folders(root_, name_ + "/blobs"));
  const std::string tag = root_ + "/CACHEDIR.TAG";
  if (!is_file(tag)) (void)write_file(tag, kTag, unique_name(root_ + "/.weft-tag"));  // best effort, as upstream
  return {};
}

Result<FileLock> RepoCache::lock(const std::string& id, const Cancelled& cancelled, const std::function<void()>& waits,
                                 FileLock::Others others) const {
  WEFT_CHECK_OK(make_folders(root_, ".locks/" + name_));
  return FileLock::take(root_ + "/.locks/" + name_ + "/" + id + ".lock", cancelled, waits, others);
}

Status RepoCache::link(const std::string& commit, const std::string& path, const std::string& id) const {
  WEFT_CHECK_OK(make_folders(folder_, "snapshots/" + commit + "/" + parent(path)));
  const std::string to = file(commit, path), from = blob(id);
  std::string target = "../../blobs/" + id;
  for (char c : path) {
    if (c == '/') target = "../" + target;
  }
  if (symlinks_) {
    if (symlink(target.c_str(), to.c_str()) == 0) return {};
    if (errno == EEXIST) {  // a link of another process, or one that leads nowhere
      if (is_file(to)) return {};
      const std::string temporary = unique_name(folder_ + "/.weft-link");
      if (symlink(target.c_str(), temporary.c_str()) == 0 && rename(temporary.c_str(), to.c_str()) == 0) return {};
      unlink(temporary.c_str());
      return cannot("replaced", to, errno, kOtherCache);
    }
    const int why = errno;
    if (why != EPERM && why != EOPNOTSUPP && why != ENOSYS && why != EINVAL) {
      return cannot("linked", to, why, kOtherCache);
    }
  }
  // A moved file has no hash in its name to be checked by later.
  if (const int fd = open(from.c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) {
    if (sync_data(fd)) clear_mark(fd);
    close(fd);
  }
  if (rename(from.c_str(), to.c_str()) != 0 && !is_file(to)) return cannot("moved", to, errno, kOtherCache);
  return {};
}

uint64_t RepoCache::free_bytes() const {
  struct statvfs s {};
  if (statvfs(folder_.c_str(), &s) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(s.f_bavail) * s.f_frsize;
}

}  // namespace weft::hub
