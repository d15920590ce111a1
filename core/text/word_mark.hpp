// The mark that SentencePiece writes for a space.
#pragma once

#include <string_view>

namespace weft {

constexpr std::string_view kWordMark = "\xE2\x96\x81";  // U+2581

}  // namespace weft
