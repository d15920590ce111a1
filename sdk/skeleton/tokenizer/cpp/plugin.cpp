// A kind of tokenizer. This one splits at spaces: each word is the token of that text, or else <unk>; </s> ends a text.
//
// To fill in:  1. the kind that it claims, here and in CMakeLists.txt: a class of tokenizer_config.json, a model type
//                 of tokenizer.json, or the `model` of a format's vocabulary; more kinds are more tables
//              2. `make`: the vocabulary, from the format's or from files of the folder
//              3. `encode`, and Stream, which goes the other way
// Files are hostile: check every number. The host finds special tokens in texts, puts `before` and `after` around them,
// and checks ids, offsets and text.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include <weft/sdk/plugin.hpp>
#include <weft/sdk/tokenizer.hpp>

namespace {

using namespace weft::sdk;

class Words : public Tokenizer {
 public:
  explicit Words(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      const bool fresh = by_text_.emplace(tokens_[id], static_cast<int32_t>(id)).second;
      if (!fresh) refuse("two tokens are \"" + tokens_[id] + "\"");
    }
    unk_ = id_of("<unk>"), end_ = id_of("</s>");
  }

  TokenizerInfo info() const override {
    return {.size = static_cast<uint32_t>(tokens_.size()), .eos = end_, .unk = unk_, .after = {end_}};
  }
  TokenInfo token(uint32_t id) const override {
    const bool special = static_cast<int32_t>(id) == unk_ || static_cast<int32_t>(id) == end_;
    return {tokens_[id], special ? uint32_t{WEFT_TOKENIZER_SPECIAL} : 0};
  }
  void encode(std::string_view text, TokenSink& out) const override {
    for (std::size_t begin = text.find_first_not_of(' '); begin != text.npos;) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      const auto found = by_text_.find(std::string(text.substr(begin, end - begin)));
      out.add(found != by_text_.end() ? found->second : unk_, begin, end);
      begin = text.find_first_not_of(' ', end);
    }
  }
  std::unique_ptr<TextStream> stream() const override { return std::make_unique<Stream>(*this); }

 private:
  class Stream : public TextStream {
   public:
    explicit Stream(const Words& words) : words_(words) {}
    std::string push(uint32_t id) override { return (std::exchange(first_, false) ? "" : " ") + words_.tokens_[id]; }
    std::string flush() override { return first_ = true, std::string(); }

   private:
    const Words& words_;
    bool first_ = true;
  };

  int32_t id_of(const std::string& text) const {
    const auto found = by_text_.find(text);
    if (found == by_text_.end()) refuse("the vocabulary lacks " + text);
    return found->second;
  }

  const std::vector<std::string> tokens_;
  std::unordered_map<std::string, int32_t> by_text_;
  int32_t unk_ = -1, end_ = -1;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::unique_ptr<Tokenizer> make(const TokenizerSource& source) {
  std::vector<std::string> tokens;
  if (const weft_vocabulary* v = source.vocabulary()) {
    for (uint64_t i = 0; i < v->n_tokens; ++i) tokens.emplace_back(view(v->tokens[i]));
  } else {
    tokens = lines_of(source.read("vocab.txt"));
  }
  return std::make_unique<Words>(std::move(tokens));
}

struct Plugin {
  static constexpr std::string_view kId = "@ID@", kVersion = "0.1.0", kVendor = "@VENDOR@";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_TOKENIZER_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_tokenizer table_ = tokenizer_table<&make>("@NAME@");
};

}  // namespace

WEFT_PLUGIN(Plugin)
