#include "core/text/published_classes.hpp"

#include <algorithm>

namespace weft {

const TokenizerClass* find_tokenizer_class(std::string_view name) {
  using Frame = ClassFrame;
  using Words = MergedWords;
  static const std::vector<TokenizerClass> all = {
      // The general class; it says nothing.
      {.name = "PreTrainedTokenizer", .merged = Words::kPlain, .word_pieces = true, .ranks = "llama-bpe"},
      // vocab.txt
      {.name = "BertTokenizer", .word_pieces = true},
      {.name = "ConvBertTokenizer", .word_pieces = true},
      {.name = "DPRContextEncoderTokenizer", .word_pieces = true},
      {.name = "DPRQuestionEncoderTokenizer", .word_pieces = true},
      {.name = "DPRReaderTokenizer", .word_pieces = true},
      {.name = "DistilBertTokenizer", .word_pieces = true},
      {.name = "ElectraTokenizer", .word_pieces = true},
      {.name = "LayoutLMTokenizer", .word_pieces = true},
      {.name = "LxmertTokenizer", .word_pieces = true},
      {.name = "MPNetTokenizer", .frame = Frame::kDoubled, .word_pieces = true},
      {.name = "MobileBertTokenizer", .word_pieces = true},
      {.name = "RealmTokenizer", .word_pieces = true},
      {.name = "RetriBertTokenizer", .word_pieces = true},
      {.name = "SqueezeBertTokenizer", .word_pieces = true},
      // vocab.json with merges.txt
      {.name = "BartTokenizer", .frame = Frame::kDoubled, .merged = Words::kPlain},
      {.name = "CLIPTokenizer", .frame = Frame::kBoth, .merged = Words::kLowercase},
      {.name = "CodeGenTokenizer", .merged = Words::kPlain},
      {.name = "GPT2Tokenizer", .merged = Words::kPlain},
      {.name = "GPTNeoXTokenizer", .merged = Words::kPlain},
      {.name = "LongformerTokenizer", .frame = Frame::kDoubled, .merged = Words::kPlain},
      {.name = "Qwen2Tokenizer", .merged = Words::kComposed},
      {.name = "RobertaTokenizer", .frame = Frame::kDoubled, .merged = Words::kPlain},
      {.name = "WhisperTokenizer", .merged = Words::kPlain},
      // SentencePiece's file
      {.name = "AlbertTokenizer", .frame = Frame::kTyped, .cleans_pieces = true},
      {.name = "CodeLlamaTokenizer", .frame = Frame::kBegin},
      {.name = "GemmaTokenizer", .frame = Frame::kBegin},
      {.name = "LlamaTokenizer", .frame = Frame::kBegin, .ranks = "llama-bpe"},
      {.name = "MT5Tokenizer", .frame = Frame::kEnd},
      {.name = "T5Tokenizer", .frame = Frame::kEnd, .has_sentinels = true},
      {.name = "BarthezTokenizer", .renumbers_pieces = true},
      {.name = "CamembertTokenizer", .renumbers_pieces = true},
      {.name = "M2M100Tokenizer", .renumbers_pieces = true},
      {.name = "MBart50Tokenizer", .renumbers_pieces = true},
      {.name = "MBartTokenizer", .renumbers_pieces = true},
      {.name = "MarianTokenizer", .frame = Frame::kEnd, .vocabulary_numbers = true},
      {.name = "NllbTokenizer", .renumbers_pieces = true},
      {.name = "PLBartTokenizer", .renumbers_pieces = true},
      {.name = "PegasusTokenizer", .renumbers_pieces = true},
      {.name = "XGLMTokenizer", .renumbers_pieces = true},
      {.name = "XLMRobertaTokenizer", .renumbers_pieces = true},
      {.name = "XLNetTokenizer", .renumbers_pieces = true},
      // Ranked byte strings
      {.name = "ChatGLM4Tokenizer", .ranks = "glm4", .begins = {"[gMASK]", "<sop>"}},
      {.name = "QWenTokenizer", .ranks = "qwen2"},
      {.name = "TikTokenTokenizer", .ranks = "kimi-k2"},
  };
  const auto is = [&](const TokenizerClass& one) {
    return name.starts_with(one.name) && (name.size() == one.name.size() || name.substr(one.name.size()) == "Fast");
  };
  const auto found = std::find_if(all.begin(), all.end(), is);
  return found == all.end() ? nullptr : &*found;
}

const TokenizerClass* class_of_vocabulary_file(std::string_view file) {
  return file == "source.spm" ? find_tokenizer_class("MarianTokenizer") : nullptr;
}

bool is_general_class(std::string_view name) {
  return name == "PreTrainedTokenizerFast" || name == "TokenizersBackend";
}

}  // namespace weft
