// Classification heads: how many labels a config has, and whether it describes a model with such a head.
#pragma once

#include <string>
#include <string_view>

#include "weft/sdk/config.hpp"
#include "weft/sdk/inline.hpp"

namespace weft::blocks {

/// The number of labels as transformers counts them: the names in id2label, otherwise num_labels, otherwise 2.
WEFT_SDK_INLINE int64_t read_labels(sdk::Config& c) {
  constexpr int64_t kMost = 1 << 24;
  const int64_t said = c.integer_or("num_labels", 2, 1, kMost);
  const sdk::Json names = c.get("id2label");
  if (names.null()) return said;
  if (!names.is_object() || names.size() == 0 || names.size() > static_cast<uint64_t>(kMost)) {
    sdk::refuse(c.at("id2label") + " is not an object of at least one name");
  }
  return static_cast<int64_t>(names.size());
}

/// Whether `architectures` names a class that ends with `ending`.
WEFT_SDK_INLINE bool names_class(sdk::Config& c, std::string_view ending) {
  const sdk::Json all = c.get("architectures");
  for (uint64_t i = 0; i < all.size(); ++i) {
    const std::string_view name = all.at(i).string();
    if (name.size() >= ending.size() && name.substr(name.size() - ending.size()) == ending) return true;
  }
  return false;
}

/// Whether `architectures` names a class that ends with `ending`, or none at all.
WEFT_SDK_INLINE bool may_be(sdk::Config& c, std::string_view ending) {
  const sdk::Json all = c.get("architectures");
  return all.null() || all.size() == 0 || names_class(c, ending);
}

}  // namespace weft::blocks
