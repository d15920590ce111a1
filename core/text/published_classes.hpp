// What a tokenizer_class says that the files beside it do not. Data about published files: a class that is missing here
// is read only where its files say all themselves.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft {

/// How a class kept as vocab.json with merges.txt makes words of a text.
enum class MergedWords : std::uint8_t {
  kNone,       // it is not kept so
  kPlain,      // by the usual pattern for bytes
  kComposed,   // NFC, then by the pattern that keeps digits apart
  kLowercase,  // NFC and lower case, without white space; a suffix ends words
};

/// What stands around texts, unless the config says otherwise.
enum class ClassFrame : std::uint8_t {
  kNone,
  kBegin,    // bos
  kEnd,      // eos
  kBoth,     // cls and sep, otherwise bos and eos; two texts are not provided for
  kTyped,    // cls A sep B sep; the types of B are 1
  kDoubled,  // cls A sep sep B sep; all types are 0, and offsets are trimmed
};

struct TokenizerClass {
  std::string_view name;  // its fast twin's is NAMEFast
  ClassFrame frame = ClassFrame::kNone;
  MergedWords merged = MergedWords::kNone;
  bool word_pieces = false;                    // kept as vocab.txt, it is WordPiece framed as kTyped, unless kDoubled
  std::string_view ranks = {};                 // kept as ranked byte strings: the name of its pre-tokenizer
  bool renumbers_pieces = false;               // its ids are not those of its SentencePiece file
  bool vocabulary_numbers = false;             // its ids are those of vocab.json, its pieces SentencePiece's
  bool cleans_pieces = false;                  // replaces quotes, drops accents and case before SentencePiece
  bool has_sentinels = false;                  // <extra_id_N>, in descending order after the pieces
  std::vector<std::string_view> begins = {};   // tokens before all else
};

/// Null: there is none of this name, nor is it the fast twin of one.
const TokenizerClass* find_tokenizer_class(std::string_view name);

/// The class that a vocabulary's file has where nothing names one; null: none.
const TokenizerClass* class_of_vocabulary_file(std::string_view file);

/// Whether the class is a general one, which stands for any tokenizer.json.
bool is_general_class(std::string_view name);

}  // namespace weft
