// The files of one commit, brought into the cache.
#pragma once

#include <optional>

#include "hub/delivery.hpp"
#include "hub/meter.hpp"
#include "hub/peek.hpp"
#include "hub/remote.hpp"

namespace weft::hub {

/// [one thread at a time] The objects that it is made with must outlive it.
class Snapshot {
 public:
  Snapshot(Client& client, Remote& remote, RepoCache& cache, const PullOptions& options)
      : client_(client), remote_(remote), cache_(cache), options_(options) {}

  Result<Pulled> get(const std::string& revision);
  /// Does as get does, but leaves large weight files to `delivery`, which is not started yet. It is null when there are
  /// none, or when another process fetches them.
  Result<Pulled> start(const std::string& revision, std::unique_ptr<Delivery>& delivery);
  /// See hub/peek.hpp.
  Result<Peek> peek(const std::string& revision, const std::string& folder);

 private:
  Status find_commit(const std::string& revision);
  Status find_listing(const std::string& revision);
  Result<Selection> select();
  using Entries = std::vector<const Entry*>;
  /// Finds what the revision needs; `missing` becomes the files that the cache lacks.
  Result<Pulled> plan(const std::string& revision, Entries& missing);
  Status prepare(const Entries& missing);
  std::unique_ptr<Meter> meter_for(const Entries& missing) const;
  Status fetch(const Entries& missing, Meter& meter);
  /// Locks all entries and opens their parts. ABORTED when others are at work on one, or the file system knows no
  /// locks.
  Status claim(const Entries& entries, std::deque<Parcel>& parcels);
  void write_ref(const std::string& revision, bool fetched);
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
  bool listing_is_whole_ = true;  // false: it lists what the snapshot happens to hold
  Status out_of_reach_;           // why the cache has to do; ok: the service was reached
  std::optional<PreparedRef> prepared_ref_;
};

}  // namespace weft::hub
