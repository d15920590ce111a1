// Unpacks a tar archive, gzipped or not, that nobody vouches for.
#pragma once

#include <string>

#include "hub/http.hpp"

namespace weft::hub {

/// Into `folder`, which exists and is empty. Plain files and folders alone: links and devices, names that
/// lead out, more than a hundred thousand entries or more than `most_bytes` are refused. What has been
/// written by then stays.
Status unpack_tar(const std::string& archive, const std::string& folder, uint64_t most_bytes,
                  const Cancelled& cancelled);

}  // namespace weft::hub
