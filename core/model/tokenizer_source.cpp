#include "core/model/tokenizer_source.hpp"

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
namespace {

constexpr uint64_t kMaxFile = 256u << 20;  // bytes; a larger file is refused

std::vector<weft_str> views(const Texts& texts) {
  std::vector<weft_str> all(texts.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = to_str(texts[i]);
  return all;
}

template <class T>
const T* data_or_null(const std::vector<T>& list) {
  return list.empty() ? nullptr : list.data();
}

}  // namespace

TokenizerSource::TokenizerSource(const Checkpoint& checkpoint, std::string_view kind) : checkpoint_(checkpoint) {
  if (checkpoint.vocabulary()) view(*checkpoint.vocabulary());
  table_ = {{WEFT_END(weft_tokenizer_source, read_json), 0}, this, to_str(kind),
            checkpoint.vocabulary() ? &vocabulary_ : nullptr, read, read_json};
}

void TokenizerSource::view(const StoredVocabulary& s) {
  tokens_ = views(s.tokens), merges_ = views(s.merges);
  for (const auto& [name, text] : s.templates)
    template_names_.push_back(to_str(name)), templates_.push_back(to_str(text));
  weft_vocabulary& v = vocabulary_;
  v.hdr = {WEFT_END(weft_vocabulary, strip_accents), 0};
  v.model = to_str(s.model), v.pre = to_str(s.pre);
  v.chat_template = to_str(s.chat_template), v.charsmap = to_str(s.charsmap);
  v.tokens = data_or_null(tokens_), v.n_tokens = tokens_.size();
  v.merges = data_or_null(merges_), v.n_merges = merges_.size();
  v.scores = data_or_null(s.scores), v.types = data_or_null(s.types);
  v.bos = s.bos, v.eos = s.eos, v.unk = s.unk, v.pad = s.pad, v.sep = s.sep;
  v.add_bos = s.add_bos, v.add_eos = s.add_eos, v.add_sep = s.add_sep;
  v.add_space_prefix = s.add_space_prefix, v.remove_extra_spaces = s.remove_extra_spaces;
  v.lowercase = s.lowercase, v.strip_accents = s.strip_accents;
  v.template_names = data_or_null(template_names_), v.templates = data_or_null(templates_);
  v.n_templates = templates_.size();
}

weft_status* TokenizerSource::read(void* ctx, weft_str name, const uint8_t** data, uint64_t* size) noexcept {
  return guard_abi([&]() -> Status {
    auto& self = *static_cast<TokenizerSource*>(ctx);
    if (data == nullptr || size == nullptr) return invalid("read: no place for what is read");
    *data = nullptr, *size = 0;
    const std::string wanted(to_view(name));
    if (self.checkpoint_.vocabulary())
      return error(Code::kNotFound, "{}: the format has a vocabulary, no files are read", self.checkpoint_.path());
    WEFT_TRY(self.files_.emplace_back(), self.checkpoint_.files().read_text(wanted, kMaxFile));
    const std::string& text = self.files_.back();
    *data = reinterpret_cast<const uint8_t*>(text.data()), *size = text.size();
    return {};
  });
}

weft_status* TokenizerSource::read_json(void* ctx, weft_str name, const weft_json** out) noexcept {
  const Checkpoint& c = static_cast<TokenizerSource*>(ctx)->checkpoint_;
  if (out == nullptr) return to_abi(Code::kInvalidArgument, "read_json: no place for what is read");
  *out = nullptr;
  return c.vocabulary() ? nullptr : c.abi()->json_file(c.abi()->ctx, name, out);
}

}  // namespace weft
