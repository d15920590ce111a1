// What `weft inspect` has found out, as text.
#pragma once

#include <string>

#include "core/base/json.hpp"

namespace weft::app {

/// What a user wants to know of a model, a line each.
std::string inspect_summary(const Json& found);
/// How it is made and run: format, plan, graph, config, and every parameter with the tensors it comes from.
std::string inspect_details(const Json& found);

}  // namespace weft::app
