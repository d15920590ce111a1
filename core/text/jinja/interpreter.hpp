// Runs a parsed template.
#pragma once

#include "core/text/jinja/ast.hpp"
#include "core/text/jinja/template.hpp"

namespace weft::jinja {

/// Throws Failure with the line of the statement that failed.
std::string run(const Node& root, const Json& context, const TemplateLimits& limits);

}  // namespace weft::jinja
