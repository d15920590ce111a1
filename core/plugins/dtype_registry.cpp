#include "core/plugins/dtype_registry.hpp"

#include <cstring>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/plain_dtypes.hpp"

namespace weft {

DtypeRegistry::DtypeRegistry() {
  for (const weft_dtype& dtype : plain_dtypes()) {
    auto entry = std::make_unique<Entry>(Entry{std::string(to_view(dtype.name)), dtype});
    by_name_[entry->name] = dtype.id;
    by_id_[dtype.id] = std::move(entry);
  }
}

Result<uint32_t> DtypeRegistry::add(const weft_dtype& dtype) {
  const std::string name(to_view(dtype.name));
  if (name.empty() || name.size() > 64 || dtype.decode == nullptr || dtype.n_planes < 1 || dtype.n_planes > 4) {
    return invalid("dtype \"{}\": needs a name, a decode function and 1 to 4 planes", name);
  }
  for (uint32_t p = 0; p < dtype.n_planes; ++p) {
    const weft_plane& plane = dtype.plane[p];
    if (plane.rows == 0 || plane.cols == 0 || plane.bytes == 0 || plane.bytes > (1u << 20)) {
      return invalid("dtype \"{}\": plane {} has an empty or absurd group", name, p);
    }
  }
  std::lock_guard lock(mutex_);
  if (auto known = by_name_.find(name); known != by_name_.end()) {
    const weft_dtype& first = by_id_[known->second]->dtype;
    if (first.n_planes != dtype.n_planes || std::memcmp(first.plane, dtype.plane, sizeof first.plane) != 0) {
      return error(Code::kAlreadyExists, "dtype \"{}\" is registered with another layout", name);
    }
    return known->second;
  }
  const uint32_t id = next_++;
  auto entry = std::make_unique<Entry>(Entry{name, dtype});
  entry->dtype.id = id;
  entry->dtype.name = to_str(entry->name);
  by_name_[name] = id;
  by_id_[id] = std::move(entry);
  return id;
}

const weft_dtype* DtypeRegistry::find(uint32_t id) const {
  std::lock_guard lock(mutex_);
  auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : &it->second->dtype;
}

uint32_t DtypeRegistry::find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  auto it = by_name_.find(name);
  return it == by_name_.end() ? WEFT_NONE : it->second;
}

}  // namespace weft
