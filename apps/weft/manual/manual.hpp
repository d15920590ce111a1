// The texts that are made from what the command says of its options.
#pragma once

#include <string>

#include "apps/weft/options.hpp"

namespace weft::app {

/// weft.1, for man. Variables, settings, files and exit codes are those of the tables of `reference`, which is
/// docs/reference.md. NOT_FOUND where it does not have them.
Result<std::string> man_page(const Commands& commands, const std::string& reference);

/// Functions that complete commands, options, values of closed lists, files, and models of the cache.
std::string bash_completion(const Commands& commands);
std::string zsh_completion(const Commands& commands);
std::string fish_completion(const Commands& commands);

/// Prints the handles of the models in the cache, one a line; a pipeline that all three shells understand.
inline constexpr const char* kCachedModels = "weft list 2>/dev/null | sed -n 's|^\\([a-z]*://[^ ]*\\) .*|\\1|p'";

}  // namespace weft::app
