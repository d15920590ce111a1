// plugins.pin of a weft.json, changed in its text.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::app {

/// The text of a weft.json in which plugins.pin has the sha256 of each of these plugin ids; an empty sha256 takes the
/// pin away. All else stays as it is, byte for byte: order, formatting and comments are the user's. `text` empty: there
/// is no file so far. `where` names the file in errors, which are those of parse_config.
Result<std::string> with_pins(std::string_view text, const std::string& where,
                              const std::map<std::string, std::string>& pins);

/// Rewrites the weft.json at `path` so, whole or not at all.
Status write_pins(const std::string& path, const std::map<std::string, std::string>& pins);

}  // namespace weft::app
