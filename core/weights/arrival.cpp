#include "core/weights/arrival.hpp"

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft {

Result<std::unique_ptr<Arrival>> Arrival::take(std::string plugin_id, const weft_arrival* table,
                                               std::shared_ptr<void> request, Log log) {
  std::unique_ptr<Arrival> a;
  try {
    a.reset(new Arrival(std::move(plugin_id), table, std::move(request), std::move(log)));
  } catch (...) {  // out of memory: the source must not go on, as the request is freed
    if (WEFT_HAS(table, weft_arrival, release)) call_free([&] { table->release(table->self); });
    throw;
  }
  if (!WEFT_HAS(table, weft_arrival, release) ||
      (table->n_files > 0 && table->file_stride < sizeof(weft_arriving_file))) {
    return error(Code::kInternal, "{}: start gives an arrival that is too short", a->plugin_id_);
  }
  const auto* at = reinterpret_cast<const char*>(table->files);
  for (uint32_t i = 0; i < table->n_files; ++i, at += table->file_stride) {
    const auto& f = *reinterpret_cast<const weft_arriving_file*>(at);
    a->files_.push_back({std::string(to_view(f.path)), std::string(to_view(f.now)), f.size});
  }
  a->read_.resize(a->files_.size());
  return a;
}

Arrival::~Arrival() {
  if (WEFT_HAS(table_, weft_arrival, release)) {
    call_free([&] { table_->release(table_->self); });
  }
}

Status Arrival::await(uint32_t file, uint64_t offset, uint64_t bytes) const {
  if (complete_ || bytes == 0) return {};
  return call_plugin(plugin_id_, "await", [&] { return table_->await(table_->self, file, offset, bytes); });
}

Status Arrival::complete() const {
  if (complete_) return {};
  Status s = call_plugin(plugin_id_, "complete", [&] { return table_->complete(table_->self); });
  if (s.ok()) complete_ = true;
  return s;
}

void Arrival::note_read(uint32_t file) const {
  if (complete_) return;
  std::lock_guard lock(mutex_);
  if (read_[file]) return;
  read_[file] = true;
  const std::string& path = files_[file].path;
  log_(fmt::format("{}: its tensors are read", path.substr(path.rfind('/') + 1)));
}

}  // namespace weft
