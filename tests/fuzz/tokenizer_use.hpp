// What a tokenizer made from strange bytes must still do.
#pragma once

#include <cstdlib>
#include <string>

#include "core/text/tokenizer.hpp"

namespace weft {

inline void use_tokenizer(const Result<Tokenizer>& t) {
  if (!t.ok()) return;
  for (const std::string text :
       {"Hello  w\xC3\xB6rld 123\n<s>", "\xff\xf0\x9f", "", "e\xCC\x81\xEF\xAC\x81 \xE4\xB8\xAD"}) {
    const auto encoding = t->encode_with_offsets(text);
    const auto ids = t->encode(text);
    const auto limited = [](const Status& s) { return s.code() == Code::kResourceExhausted; };
    if (limited(encoding.status()) || limited(ids.status())) continue;
    if (encoding.ok() != ids.ok() || (ids.ok() && *ids != encoding->ids)) std::abort();
    if (!ids.ok()) continue;
    if (encoding->offsets.size() != ids->size()) std::abort();
    (void)t->decode(*ids);
  }
  const std::int32_t odd[] = {0, -1, INT32_MAX, t->vocab_size()};
  (void)t->decode(odd, true);
}

}  // namespace weft
