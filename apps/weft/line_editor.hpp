// A line editor on a terminal: history, completion, pasted texts of several lines.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/weft/line_reader.hpp"

namespace weft::app {

/// The words that the last word of a line, as typed up to the cursor, may become.
using Complete = std::function<std::vector<std::string>(const std::string& before)>;

/// Null where standard input or output is no terminal, or one that cannot move its cursor (TERM is unset or "dumb").
/// The history is that of history_file().
std::unique_ptr<Lines> make_line_editor(Complete complete);

}  // namespace weft::app
