// The names under which vocabularies are published that are one file, and what the files of ranked byte strings do not
// say themselves. Data about published files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

/// The files' names, in the order in which they are looked for.
std::span<const char* const> vocabulary_files();

/// A file of ranked byte strings without a tokenizer_class beside it.
struct PublishedRanks {
  std::string_view file;  // "tokenizer.model": also any other name that ends so
  std::string_view pre;   // a name that pretokenizer_by_name() knows
  std::vector<std::pair<std::string_view, std::int64_t>> specials = {};  // special tokens that no file has
};
/// Null: how a file of this name splits text is not known.
const PublishedRanks* find_published_ranks(std::string_view file);

/// The special tokens that follow the ranks of a tokenizer with this pre-tokenizer.
std::vector<std::string> tokens_after_ranks(std::string_view pre);

}  // namespace weft
