// The files of a checkpoint that a source is still fetching: the host's side of weft_arrival.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weft/abi/source.h"
#include "weft/status.hpp"

namespace weft {

/// Waits for these files. [any-thread]
class Arrival {
 public:
  struct File {
    std::string path, now;  // where it will lie, and where its bytes can be mapped until then
    uint64_t size = 0;
  };

  using Log = std::function<void(std::string_view)>;
  /// Takes over the table and keeps `request`, which the source still uses. INTERNAL: the table is too short.
  static Result<std::unique_ptr<Arrival>> take(std::string plugin_id, const weft_arrival* table,
                                               std::shared_ptr<void> request, Log log);
  /// Releases the table: the source stops fetching.
  ~Arrival();
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  const std::vector<File>& files() const { return files_; }
  /// Waits until these bytes have come. They are not verified before complete() is OK.
  Status await(uint32_t file, uint64_t offset, uint64_t bytes) const;
  /// Waits until all files are verified.
  Status complete() const;
  /// Notes that a tensor in this file is read, and logs it once for each file while files arrive.
  void note_read(uint32_t file) const;

 private:
  Arrival(std::string plugin_id, const weft_arrival* table, std::shared_ptr<void> request, Log log)
      : plugin_id_(std::move(plugin_id)), table_(table), request_(std::move(request)), log_(std::move(log)) {}

  const std::string plugin_id_;
  const weft_arrival* const table_;
  const std::shared_ptr<void> request_;
  const Log log_;
  std::vector<File> files_;
  mutable std::atomic<bool> complete_{false};
  mutable std::mutex mutex_;
  mutable std::vector<bool> read_;  // by file
};

}  // namespace weft
