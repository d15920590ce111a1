// The entries of a zip archive as torch writes it: stored, each once, none over another.
#pragma once

#include <map>

#include "plugins/formats/torch/cursor.hpp"
#include "weft/sdk/format.hpp"

namespace weft::torch {

/// Where each entry's data lies in the file. Refuses what torch does not write: compression, encryption, comments,
/// several disks, bytes that two entries share.
std::map<std::string, Extent> read_archive(const std::string& name, const sdk::MappedBytes& file);

}  // namespace weft::torch
