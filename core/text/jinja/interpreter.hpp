// Runs a parsed template within limits.
#pragma once

#include <string>

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::jinja {

/// Throws Failure.
std::string run(const Node& root, const Json& context, const TemplateLimits& limits);

}  // namespace weft::jinja
