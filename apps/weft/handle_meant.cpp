#include <algorithm>
#include <filesystem>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"

namespace weft::app {

std::string handle_meant(const std::string& name) {
  std::error_code ignored;
  const auto plain = [](std::string_view part) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@";
    return !part.empty() && part[0] != '.' && part.find_first_not_of(kLetters) == part.npos;
  };
  const std::size_t slash = name.find('/');
  if (slash == name.npos) return "";
  const std::string first = name.substr(0, slash), rest = name.substr(slash + 1);
  if (first.size() > 2 && first.ends_with(':')) {  // hf:/org/name
    const std::size_t path = std::min(rest.find_first_not_of('/'), rest.size());
    return fmt::format("; did you mean {}//{}?", first, rest.substr(path));
  }
  const bool file = name.ends_with(".gguf") || name.ends_with(".safetensors");
  if (!plain(first) || !plain(rest) || file || std::filesystem::exists(first, ignored)) return "";
  return fmt::format("; did you mean hf://{}?", name);
}

}  // namespace weft::app
