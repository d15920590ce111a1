// A pull that goes on while its files are in use.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "hub/cache.hpp"
#include "hub/download.hpp"
#include "hub/meter.hpp"

namespace weft::hub {

/// A large file to fetch. It is ours alone while the lock is held.
struct Parcel {
  Entry entry;
  RemoteFile file;
  PartFile part;
  std::string now;  // where the part lies until it is whole
  std::unique_ptr<FileLock> lock;
};

/// [any-thread] One thread fetches the parcels: first the headers of all, then one parcel after the other.
class Delivery {
 public:
  Delivery(Client& client, const PullOptions& options, const RepoCache& cache, std::string commit, std::string revision,
           std::deque<Parcel> parcels, std::unique_ptr<Meter> meter);
  /// Ends the delivery; bytes that have come are kept for the next pull.
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// Begins to fetch. `owner` is kept as long as this lives; `stop` makes the client cancel.
  void start(std::shared_ptr<void> owner, std::function<void()> stop);
  const std::deque<Parcel>& parcels() const { return parcels_; }
  std::string path(const Parcel& p) const { return cache_.file(commit_, p.entry.path); }
  /// Waits until these bytes of a parcel have come. They are not verified before complete() is ok.
  Status await(std::size_t parcel, uint64_t offset, uint64_t bytes);
  /// Waits until all files are verified and in their places.
  Status complete();

 private:
  Status run();

  std::shared_ptr<void> owner_;  // first: it outlives the rest
  Client& client_;
  const PullOptions& options_;
  const RepoCache& cache_;
  const std::string commit_, revision_;
  std::deque<Parcel> parcels_;
  std::unique_ptr<Meter> meter_;
  const Status out_of_memory_;  // made while there is memory left
  std::function<void()> stop_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  Status status_;
  std::thread thread_;
};

}  // namespace weft::hub
