#include "core/plugins/dtype_registry.hpp"

#include <cstring>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/plugins/block_dtypes.hpp"
#include "core/plugins/plain_dtypes.hpp"

namespace weft {
namespace {

constexpr uint32_t kMostOfAGroup = 1u << 20;  // rows, columns or bytes; a dtype with larger groups is refused

/// Whether the planes are equal; entries beyond n_planes have no meaning.
bool same_layout(const weft_dtype& a, const weft_dtype& b) {
  return a.n_planes == b.n_planes && std::memcmp(a.plane, b.plane, a.n_planes * sizeof a.plane[0]) == 0;
}

}  // namespace

DtypeRegistry::DtypeRegistry() {
  for (const weft_dtype& dtype : plain_dtypes()) {
    auto entry = std::make_unique<Entry>(Entry{std::string(to_view(dtype.name)), dtype});
    by_name_[entry->name] = dtype.id;
    by_id_[dtype.id] = std::move(entry);
  }
  // Cannot fail: they are valid, and their names are new.
  for (const weft_dtype& dtype : block_dtypes()) (void)add(dtype);
}

Result<uint32_t> DtypeRegistry::add(const weft_dtype& dtype) {
  const std::string name(to_view(dtype.name));
  if (name.empty() || name.size() > 64 || dtype.decode == nullptr || dtype.n_planes < 1 || dtype.n_planes > 4) {
    return invalid("dtype \"{}\": needs a name, a decode function and 1 to 4 planes", name);
  }
  for (uint32_t p = 0; p < dtype.n_planes; ++p) {
    const weft_plane& plane = dtype.plane[p];
    for (uint32_t extent : {plane.rows, plane.cols, plane.bytes}) {
      if (extent >= 1 && extent <= kMostOfAGroup) continue;
      return invalid("dtype \"{}\": plane {} has groups of {} x {} values in {} bytes, each must be 1 to {}", name, p,
                     plane.rows, plane.cols, plane.bytes, kMostOfAGroup);
    }
  }
  std::lock_guard lock(mutex_);
  if (auto known = by_name_.find(name); known != by_name_.end()) {
    const weft_dtype& first = by_id_[known->second]->dtype;
    if (!same_layout(first, dtype)) {
      return error(Code::kAlreadyExists, "dtype \"{}\" is registered with another layout", name);
    }
    return known->second;
  }
  const uint32_t id = next_++;
  auto entry = std::make_unique<Entry>(Entry{name, dtype});
  entry->dtype.hdr.struct_size = WEFT_END(weft_dtype, encode);  // the size that has been copied
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
