// The entries of a zip archive as torch writes it: not compressed, each there once, none overlapping another.
#pragma once

#include <map>

#include "plugins/formats/torch/cursor.hpp"
#include "weft/sdk/format.hpp"

namespace weft::torch {

/// Where the data of each entry lies in the file, by name. Refuses what torch does not write: compression, encryption,
/// comments, several disks, entries that share bytes.
std::map<std::string, Extent> read_archive(const std::string& name, const sdk::MappedBytes& file);

}  // namespace weft::torch
