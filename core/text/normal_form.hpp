// The normal forms of Unicode, for text that remembers its origins.
#pragma once

#include "core/text/aligned_text.hpp"

namespace weft {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

void normalize_form(AlignedText& text, UnicodeForm form, bool tracked);

}  // namespace weft
