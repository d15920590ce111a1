// "Did you mean": the known name that is nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft::app {

/// How many letters must at least be inserted, removed, replaced or swapped with their neighbour to make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that begins as the typed one does or is a few letters from it; "" where none is near.
std::string nearest(std::string_view typed, std::span<const std::string> known);

}  // namespace weft::app
