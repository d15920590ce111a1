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
  std::vector<Interface> found;
  for (const bool by_manifest : {true, false}) {  // a manifest need not name its tables
    const auto says_so = [&](const Manifest& m) { return m.offers(WEFT_TOKENIZER_INTERFACE, kind); };
    found = engine.plugins().interfaces(kTokenizers,
                                        by_manifest ? std::function<bool(const Manifest&)>(says_so) : nullptr);
    const Interface* const offer = find_named(found, kind);
    if (offer == nullptr) continue;
    WEFT_TRY(out.made, open_plugin_tokenizer(*offer, checkpoint, engine.shared_from_this()));
    return out;
  }
  out.asked = fmt::format("; no plugin offers the tokenizer \"{}\" (asked: {}){}", kind, claims(found),
                          engine.plugins().why_missing(WEFT_TOKENIZER_INTERFACE, kind));
  return out;
}

}  // namespace weft
