// The files of one commit, brought into the cache.
#pragma once

#include "hub/meter.hpp"
#include "hub/peek.hpp"
#include "hub/remote.hpp"

namespace weft::hub {

/// [one thread at a time] What it is made of outlives it.
class Snapshot {
 public:
  Snapshot(Client& client, Remote& remote, RepoCache& cache, const PullOptions& options)
      : client_(client), remote_(remote), cache_(cache), options_(options) {}

  Result<Pulled> get(const std::string& revision);
  /// See hub/peek.hpp.
  Result<Peek> peek(const std::string& revision, const std::string& folder);

 private:
  Status find_commit(const std::string& revision);
  Status find_listing(const std::string& revision);
  Result<Selection> select();
  Status fetch(const std::vector<const Entry*>& missing);
  Status fetch_one(Connection& connection, const Entry& entry, Meter& meter);
  Result<std::string> read(const Entry& entry);
  Status lay_out(const Entry& entry, const std::string& folder);
  Status offline_miss(const std::string& what) const;

  Client& client_;
  Remote& remote_;
  RepoCache& cache_;
  const PullOptions& options_;
  std::string commit_;
  Listing listing_;
  bool listing_is_whole_ = true;  // else what the snapshot happens to hold
  Status out_of_reach_;           // why the cache serves
};

}  // namespace weft::hub
