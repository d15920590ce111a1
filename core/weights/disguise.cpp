#include "core/weights/disguise.hpp"

#include <algorithm>
#include <cctype>

namespace weft {
namespace {

/// Whether the text begins with `word`, which is in lower case, in any case and after white space.
bool begins_with(std::string_view text, std::string_view word) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == text.npos || text.size() - first < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(first),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

}  // namespace

std::string_view disguise_of(std::string_view start) {
  start = start.substr(0, 512);
  if (begins_with(start, "version https://git-lfs.github.com/spec/"))
    return "a pointer of git-lfs and not the file itself; fetch the file with git lfs pull";
  if (begins_with(start, "<!doctype html") || begins_with(start, "<html"))
    return "a page of HTML, which a server has sent in place of the file; fetch the file again";
  if (begins_with(start, "<?xml")) return "XML, perhaps a server's error in place of the file; fetch the file again";
  return {};
}

}  // namespace weft
