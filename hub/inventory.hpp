// What lies in the cache: listed, removed, verified.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hub/settings.hpp"

namespace weft::hub {

struct CachedRevision {
  std::string commit;
  std::vector<std::string> refs;
  uint64_t bytes = 0;  // of its files, with those that other revisions share
  uint32_t files = 0;
};

struct CachedRepo {
  std::string handle;  // "hf://org/name"; for other sources the folder's name
  std::string folder;
  uint64_t bytes = 0;  // on disk
  int64_t last_used = 0;  // seconds since 1970
  std::vector<CachedRevision> revisions;
};

/// The models in the cache. Datasets and spaces, which other tools put there, are left out.
Result<std::vector<CachedRepo>> inventory(const Settings& settings);
/// Removes "hf://org/name", or the commit, branch or tag of it that follows an '@'. Gives the bytes that were freed.
Result<uint64_t> remove_cached(const Settings& settings, const std::string& handle);

struct Pruned {
  uint64_t bytes = 0;
  uint32_t files = 0, revisions = 0;
};
/// Removes what no branch or tag leads to: commits without a ref, blobs without a snapshot, and downloads on which
/// nobody is at work. A repository without any ref (fetched by commit) keeps its commits.
Result<Pruned> prune(const Settings& settings, bool dry_run);

struct Damage {
  std::string repo, file, what;
};
struct Verified {
  uint32_t files = 0;
  uint64_t bytes = 0;
  std::vector<Damage> damaged;
};
/// Hashes every file again. An empty `handle` stands for all repositories. With `remove`, damaged blobs are removed, so
/// that the next pull fetches them. `at_work` is told each file before it is hashed.
Result<Verified> verify(const Settings& settings, const std::string& handle, bool remove,
                        const std::function<void(const std::string&)>& at_work);

}  // namespace weft::hub
