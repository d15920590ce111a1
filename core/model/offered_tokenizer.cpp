#include "core/model/offered_tokenizer.hpp"

#include <map>

#include "core/base/error.hpp"
#include "core/model/interfaces.hpp"
#include "core/model/plugin_tokenizer.hpp"

namespace weft {
namespace {

/// "com.acme.text (AcmeTokenizer, acme)" for each plugin that has tokenizers.
std::string claims(const std::vector<Interface>& all) {
  std::map<std::string, std::vector<std::string>> kinds;  // by plugin
  for (const Interface& i : all) kinds[i.plugin_id].push_back(i.name);
  std::vector<std::string> lines;
  for (const auto& [plugin, names] : kinds) lines.push_back(fmt::format("{} ({})", plugin, fmt::join(names, ", ")));
  return lines.empty() ? "none found" : fmt::format("{}", fmt::join(lines, ", "));
}

}  // namespace

Result<OfferedTokenizer> offered_tokenizer(Engine& engine, const Checkpoint& checkpoint, const std::string& kind) {
  OfferedTokenizer out;
  std::vector<Interface> asked;
  if (const auto offer = engine.plugins().named(kTokenizers, kind, &asked)) {
    WEFT_TRY(out.made, open_plugin_tokenizer(*offer, checkpoint, engine.shared_from_this()));
    return out;
  }
  out.asked = fmt::format("; no plugin offers the tokenizer \"{}\" (asked: {}){}", kind, claims(asked),
                          engine.plugins().why_missing(WEFT_TOKENIZER_INTERFACE, kind));
  return out;
}

}  // namespace weft
