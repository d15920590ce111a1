// Every rule that `weft plugins check` knows: those of the core's table, and one for each op.
#pragma once

#include <string_view>
#include <vector>

#include "core/plugins/rules.hpp"

namespace weft::app {

/// The group of what is watched while others are checked.
inline constexpr std::string_view kConduct = "conduct";
/// The group of what weft's conformance tests check.
inline constexpr std::string_view kOps = "op";
/// Rules of ops begin with it.
inline constexpr std::string_view kOpPrefix = "backend.op.";

/// In the order of the table; the texts live as long as the process.
const std::vector<Rule>& all_rules();
/// Null: there is none of this name.
const Rule* find_rule(std::string_view name);

}  // namespace weft::app
