#include "hub/delivery.hpp"

#include <atomic>
#include <chrono>
#include <system_error>

#include "core/base/error.hpp"
#include "hub/workers.hpp"

namespace weft::hub {

Delivery::Delivery(Client& client, const PullOptions& options, const RepoCache& cache, std::string commit,
                   std::string revision, std::deque<Parcel> parcels, std::unique_ptr<Meter> meter)
    : client_(client),
      options_(options),
      cache_(cache),
      commit_(std::move(commit)),
      revision_(std::move(revision)),
      parcels_(std::move(parcels)),
      meter_(std::move(meter)),
      out_of_memory_(Code::kResourceExhausted, "out of memory") {}

void Delivery::start(std::shared_ptr<void> owner, std::function<void()> stop) {
  owner_ = std::move(owner), stop_ = std::move(stop);
  auto work = [this] {
    Status s = out_of_memory_;
    try {
      s = redact(client_.settings(), run_on_threads(1, [this] { return run(); }));
    } catch (...) {
    }
    std::lock_guard lock(mutex_);
    over_ = true, status_ = s;
    ended_.notify_all();
  };
  try {
    thread_ = std::thread(work);
  } catch (const std::system_error&) {  // without a thread to spare, all is fetched now
    work();
  }
}

Delivery::~Delivery() {
  if (stop_) stop_();
  if (thread_.joinable()) thread_.join();
}

Status Delivery::run() {
  const uint32_t connections = client_.settings().connections;
  std::deque<std::atomic<uint64_t>> done(parcels_.size());
  auto on_bytes = [&](std::size_t i) -> OnBytes {
    return [this, &done, i](int64_t more) {
      const Entry& e = parcels_[i].entry;
      meter_->bytes(e.path, done[i] += static_cast<uint64_t>(more), e.size, more);
    };
  };
  std::atomic<std::size_t> next{0};
  WEFT_CHECK_OK(run_on_threads(std::min<std::size_t>(connections, parcels_.size()), [&]() -> Status {
    for (std::size_t i; (i = next++) < parcels_.size();) {
      Parcel& p = parcels_[i];
      on_bytes(i)(static_cast<int64_t>(p.part.done()));
      if (parcels_.size() > 1) WEFT_CHECK_OK(download_head(client_, p.file, p.part, on_bytes(i)));
    }
    return {};
  }));
  for (std::size_t i = 0; i < parcels_.size(); ++i) {
    Parcel& p = parcels_[i];
    WEFT_CHECK_OK(download_big(client_, p.file, p.part, cache_.blob(p.entry.id()), connections, on_bytes(i)));
    WEFT_CHECK_OK(cache_.link(commit_, p.entry.path, p.entry.id()));
    p.lock.reset();
    if (options_.note) options_.note(p.entry.path + ": is verified");
    meter_->file(p.entry.path, p.entry.size);
  }
  if (Status s = cache_.write_ref(revision_, commit_); !s.ok()) client_.warn(std::string(s.message()));
  meter_->end();
  return {};
}

Status Delivery::await(std::size_t i, uint64_t offset, uint64_t bytes) {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (parcels_[i].part.lend(offset, bytes)) return {};
    if (client_.is_cancelled()) return error(Code::kCancelled, "cancelled");
    ended_.wait_for(lock, std::chrono::milliseconds(5));
  }
  return status_;
}

Status Delivery::complete() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (client_.is_cancelled()) return error(Code::kCancelled, "cancelled");
    ended_.wait_for(lock, std::chrono::milliseconds(20));
  }
  return status_;
}

}  // namespace weft::hub
