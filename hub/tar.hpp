// Unpacks a tar archive, gzipped or not, that is not trusted.
#pragma once

#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// Unpacks into `folder`, which exists and is empty. Only plain files and folders are taken: links, devices, names that
/// lead out of the folder, more than a hundred thousand entries and more than `most_bytes` are refused. What was
/// written before a refusal stays.
Status unpack_tar(const std::string& archive, const std::string& folder, uint64_t most_bytes,
                  const Cancelled& cancelled);

}  // namespace weft::hub
