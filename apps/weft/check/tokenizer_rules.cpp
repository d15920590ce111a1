// Tokenizers, on folders of the author's that have what they are made of.
#include <algorithm>
#include <thread>

#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/samples.hpp"
#include "core/base/error.hpp"
#include "core/model/interfaces.hpp"
#include "core/model/plugin_tokenizer.hpp"
#include "core/text/detokenizer.hpp"

namespace weft::app {
namespace {

const std::string kTexts[] = {
    "a", "Hello, world!", "  two  spaces ", "line\nbreak\ttab", "1234567890", "Grüße an alle, ça va?",
    "日本語のテキスト", "🙂👍🏽 emoji", std::string("a\0b", 3), std::string(2000, 'x'),
    "<s></s>[CLS]<|endoftext|>"};

Verdict encodes(const Tokenizer& tokenizer) {
  for (const std::string& text : kTexts) {
    const auto first = tokenizer.encode_with_offsets(text);
    // A text may have a character for which there is no token; the core refuses, by name, all that is out of order.
    if (!first.ok() && first.status().code() == Code::kNotFound) continue;
    if (!first.ok()) return Verdict::of(first.status());
    const auto again = tokenizer.encode(text);
    if (!again.ok() || *again != first->ids) return Verdict::breaks("encoded again, a text gives other tokens");
  }
  return Verdict::holds();
}

Verdict threads(const Tokenizer& tokenizer) {
  constexpr int kThreads = 4, kRuns = 20;
  std::vector<Result<std::vector<int32_t>>> expected;
  for (const std::string& text : kTexts) expected.push_back(tokenizer.encode(text));
  std::atomic<bool> differs{false};
  std::vector<std::thread> all;
  for (int t = 0; t < kThreads; ++t) {
    all.emplace_back([&] {
      for (int run = 0; run < kRuns; ++run) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
          const auto ids = tokenizer.encode(kTexts[i]);
          if (ids.ok() != expected[i].ok() || (ids.ok() && *ids != *expected[i])) differs = true;
        }
      }
    });
  }
  for (std::thread& t : all) t.join();
  return differs ? Verdict::breaks("on several threads a text gives other tokens than alone") : Verdict::holds();
}

Verdict decodes(const Tokenizer& tokenizer) {
  constexpr int32_t kMost = 4096;  // ids; more: large vocabularies would take minutes
  const int32_t size = tokenizer.vocab_size(), step = std::max(1, size / kMost);
  for (int32_t id = 0; id < size; id += step) {
    const std::vector<int32_t> ids = {id, id};
    if (const auto text = tokenizer.decode(ids); !text.ok())
      return Verdict::breaks("id {}: {}", id, text.status().message());
  }
  return Verdict::holds();
}

/// Encodes the plain text, decodes the tokens, and encodes the result.
Verdict round_trip(const Tokenizer& tokenizer) {
  EncodeOptions plain;
  plain.add_special = plain.parse_special = false;
  std::size_t tried = 0;
  for (const std::string& text : kTexts) {
    const auto ids = tokenizer.encode(text, plain);
    if (!ids.ok() || std::count(ids->begin(), ids->end(), tokenizer.unk_id()) > 0) continue;
    const auto back = tokenizer.decode(*ids);
    if (!back.ok()) return Verdict::of(back.status());
    const auto again = tokenizer.encode(*back, plain);
    if (!again.ok()) return Verdict::of(again.status());
    if (*again != *ids)
      return Verdict::breaks("\"{}\" has the tokens {}, which become \"{}\" with the tokens {}", text.substr(0, 40),
                             fmt::join(*ids, " "), back->substr(0, 40), fmt::join(*again, " "));
    ++tried;
  }
  return tried > 0 ? Verdict::holds() : Verdict::skipped("each of the checker's texts has an unknown token");
}

/// Decodes two texts in turns, id by id, and both once more.
Verdict streams(const Tokenizer& tokenizer) {
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::string> alone;
  for (const std::string& text : kTexts) {
    auto encoded = tokenizer.encode(text);
    if (!encoded.ok() || encoded->empty()) continue;
    auto decoded = tokenizer.decode(*encoded);
    if (!decoded.ok()) return Verdict::of(decoded.status());
    ids.push_back(std::move(*encoded)), alone.push_back(std::move(*decoded));
  }
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    Detokenizer both[] = {Detokenizer(tokenizer, false), Detokenizer(tokenizer, false)};
    for (int times = 0; times < 2; ++times) {
      std::string texts[2];
      for (std::size_t at = 0; at < std::max(ids[i].size(), ids[i + 1].size()); ++at) {
        for (std::size_t s = 0; s < 2; ++s) {
          if (at >= ids[i + s].size()) continue;
          const auto piece = both[s].push(ids[i + s][at]);
          if (!piece.ok()) return Verdict::of(piece.status());
          texts[s] += *piece;
        }
      }
      for (std::size_t s = 0; s < 2; ++s) {
        const auto rest = both[s].flush();
        if (!rest.ok()) return Verdict::of(rest.status());
        if (texts[s] + *rest != alone[i + s])
          return Verdict::breaks("beside another stream{} ids give \"{}\", alone \"{}\"", times > 0 ? ", anew," : "",
                                 (texts[s] + *rest).substr(0, 40), alone[i + s].substr(0, 40));
      }
    }
  }
  return ids.size() > 1 ? Verdict::holds() : Verdict::skipped("the checker's texts have no tokens");
}

}  // namespace

void check_tokenizer(const Subject& subject, Reporter& reporter) {
  if (!subject.manifest.offers(WEFT_TOKENIZER_INTERFACE))
    return reporter.skip_rest("tokenizer", "the plugin has no tokenizer");
  auto engine = engine_with(subject, reporter);
  if (!engine.ok()) return reporter.could_not(std::string(engine.status().message()));
  for (const std::string& sample : subject.samples) {
    const auto checkpoint = (*engine)->open_checkpoint(sample);
    if (!checkpoint.ok()) continue;
    for (const Interface& i : (*engine)->plugins().interfaces(kTokenizers)) {
      if (i.plugin_id != subject.manifest.id) continue;
      std::optional<Tokenizer> made;
      if (!reporter.needed("tokenizer.opens", [&] {
            auto opened = open_plugin_tokenizer(i, **checkpoint, *engine);
            reporter.note(opened.status());
            if (opened.ok()) made = std::move(*opened);
            return Verdict::of(opened.status());
          }))
        continue;
      reporter.rule("tokenizer.encodes", [&] { return encodes(*made); });
      reporter.rule("tokenizer.decodes", [&] { return decodes(*made); });
      reporter.rule("tokenizer.round-trip", [&] { return round_trip(*made); });
      reporter.rule("tokenizer.streams", [&] { return streams(*made); });
      reporter.rule("tokenizer.threads", [&] { return threads(*made); });
    }
  }
  reporter.skip_rest("tokenizer", "no sample is a checkpoint with a tokenizer of the plugin's; --sample gives one");
  engine->reset();
  reporter.end();
}

}  // namespace weft::app
