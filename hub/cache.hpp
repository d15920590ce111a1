// One repository in the cache, byte for byte as huggingface_hub lays it out:
//
//   CACHEDIR.TAG
//   .locks/models--org--name/<id>.lock
//   models--org--name/blobs/<id>                id: sha256 of big files, git-sha1 of the others
//                    /refs/<revision>           a commit, without newline
//                    /snapshots/<commit>/<path> relative link into blobs/
//                    /.no_exist/<commit>/<path> known not to be there
//                    /trees/<commit>.json       all files of a commit
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/hash.hpp"
#include "hub/lock.hpp"

namespace weft::hub {

/// A file of a commit.
struct Entry {
  std::string path;
  uint64_t size = 0;
  std::string blob_id;            // git-sha1
  std::string sha256, xet_hash;   // of big files
  std::string id() const { return sha256.empty() ? blob_id : sha256; }
};
using Listing = std::vector<Entry>;  // sorted by path

/// A repository in the cache. [any-thread] Nothing is written before prepare(). Callers have checked paths and ids.
class RepoCache {
 public:
  /// `name`: "models--org--name".
  RepoCache(std::string root, std::string name, bool symlinks)
      : root_(std::move(root)), name_(std::move(name)), folder_(root_ + "/" + name_), symlinks_(symlinks) {}

  const std::string& folder() const { return folder_; }
  std::string blob(const std::string& id) const { return folder_ + "/blobs/" + id; }
  std::string snapshot(const std::string& commit) const { return folder_ + "/snapshots/" + commit; }
  std::string file(const std::string& commit, const std::string& path) const { return snapshot(commit) + "/" + path; }

  std::optional<std::string> ref(const std::string& revision) const;
  Status write_ref(const std::string& revision, const std::string& commit) const;
  std::string prepared_ref(const std::string& commit) const { return folder_ + "/.weft-ref-" + commit; }
  std::optional<Listing> tree(const std::string& commit) const;
  Status write_tree(const std::string& commit, const Listing& listing) const;
  /// The files that a snapshot holds now.
  Listing present(const std::string& commit) const;
  bool has(const std::string& commit, const std::string& path) const;
  /// Whether a whole blob of that size is there.
  bool has_blob(const std::string& id, uint64_t size) const;
  bool known_missing(const std::string& commit, const std::string& path) const;
  Status note_missing(const std::string& commit, const std::string& path) const;

  /// Makes the folders. PERMISSION_DENIED names the one that cannot be written.
  Status prepare() const;
  Result<FileLock> lock(const std::string& id, const Cancelled& cancelled, const std::function<void()>& waits,
                        FileLock::Others others = FileLock::Others::kWait) const;
  /// Makes the snapshot's file a link to the blob; where the file system has no links, the blob moves there.
  Status link(const std::string& commit, const std::string& path, const std::string& id) const;
  uint64_t free_bytes() const;

 private:
  std::string root_, name_, folder_;
  bool symlinks_;
};

/// A ref on the disk before the weights come, which write_ref() then moves to its place: a ref written after them would
/// wait until all of them are on the disk. It is removed with this object.
class PreparedRef {
 public:
  PreparedRef(const RepoCache& cache, const std::string& commit);
  ~PreparedRef();
  PreparedRef(const PreparedRef&) = delete;
  PreparedRef& operator=(const PreparedRef&) = delete;

 private:
  const std::string path_;
};

/// What messages of a cache that cannot be written end with.
inline constexpr const char* kOtherCache = "; HF_HUB_CACHE names another cache";

/// Makes `relative` under `root`, folder by folder. A symbolic link on the way that is neither ours nor
/// the administrator's is refused.
Status make_folders(const std::string& root, const std::string& relative);
/// Whole or not at all, after a cut of power too; `temporary` is in the same file system.
Status write_file(const std::string& path, std::string_view text, const std::string& temporary, unsigned mode = 0666);
/// A name beside others that nobody else uses.
std::string unique_name(const std::string& prefix);
/// The size of a regular file, or of what a link leads to.
std::optional<uint64_t> file_bytes(const std::string& path);
std::optional<std::string> read_small_file(const std::string& path, std::size_t most);

}  // namespace weft::hub
