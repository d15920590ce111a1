// The groups of filters. Each answers nothing when it does not know the name.
#pragma once

#include <optional>

#include "core/text/jinja/value.hpp"

namespace weft::jinja {

std::optional<Value> list_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args);
std::optional<Value> number_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args);
std::optional<Value> text_filter(Meter& meter, const std::string& name, const Value& v, const Arguments& args);

}  // namespace weft::jinja
