// All dtypes of the process: the plain ones, and those that plugins register.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/abi/dtype.h"
#include "weft/status.hpp"

namespace weft {

/// Descriptors are never removed, so that pointers stay valid as long as the registry. [any-thread]
class DtypeRegistry {
 public:
  DtypeRegistry();
  /// Adds a dtype and returns its id. Refuses a descriptor without a name or a decode function, or whose planes are not
  /// 1 to 4 with valid groups. If the name is known, the first descriptor stays when the layouts are equal; otherwise
  /// ALREADY_EXISTS.
  Result<uint32_t> add(const weft_dtype& dtype);
  const weft_dtype* find(uint32_t id) const;  // null: unknown
  uint32_t find(std::string_view name) const;  // WEFT_NONE: unknown

 private:
  struct Entry {
    std::string name;
    weft_dtype dtype;
  };
  mutable std::mutex mutex_;
  std::map<uint32_t, std::unique_ptr<Entry>> by_id_;
  std::map<std::string, uint32_t, std::less<>> by_name_;
  uint32_t next_ = WEFT_DTYPE_FIRST_REGISTERED;
};

}  // namespace weft
