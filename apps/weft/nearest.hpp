// "Did you mean": the known name that is nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft::app {

/// The fewest letters to insert, remove, replace or swap with their neighbour that make `a` of `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that begins as the typed one does or is a few letters from it; "" where none is near.
std::string nearest(std::string_view typed, std::span<const std::string> known);

}  // namespace weft::app
