// A host compiled with the strictest warnings as errors. It uses weft.hpp and tasks.hpp and instantiates what a host
// does.
#include <iostream>

#include "weft/tasks.hpp"
#include "weft/weft.hpp"

int main(int argc, char** argv) {
  const auto runtime = weft::Runtime::create({.threads = 1, .use_environment = false});
  if (!runtime.ok()) return 1;
  if (argc < 2) return WEFT_INIT(weft_step_item).hdr.struct_size == WEFT_END(weft_step_item, reserved) ? 0 : 1;
  auto lm = weft::CausalLM::from_preset(argv[1], {.backend = "cpu"}, *runtime);
  if (!lm.ok()) return 1;
  weft::Chat chat(*lm);
  weft::Pieces& pieces = chat.say("hello", {.temperature = 0.5});
  for (const std::string_view piece : pieces) std::cout << piece;
  if (!pieces.status().ok()) return 1;
  auto embedder = weft::TextEmbedder::from_preset(argv[1], {}, *runtime);
  auto texts = weft::TextClassifier::from_preset(argv[1], {}, *runtime);
  auto images = weft::ImageClassifier::from_preset(argv[1], {}, *runtime);
  auto tagger = weft::Tagger::from_preset(argv[1], {}, *runtime);
  auto filler = weft::Filler::from_preset(argv[1], {}, *runtime);
  auto answerer = weft::Answerer::from_preset(argv[1], {}, *runtime);
  auto zero_shot = weft::ZeroShotClassifier::from_preset(argv[1], {}, *runtime);
  auto reranker = weft::Reranker::from_preset(argv[1], {}, *runtime);
  if (!tagger.ok() || !filler.ok() || !answerer.ok() || !zero_shot.ok() || !reranker.ok()) return 1;
  const std::string_view documents[] = {"a", "b"};
  const bool all = tagger->tag("a", {.aggregation = "simple"}).ok() && filler->fill(filler->mask()).ok() &&
                   answerer->answer("a", "b").ok() && zero_shot->classify("a", {"b", "c"}).ok() &&
                   reranker->rank("a", documents).ok();
  return all && embedder.ok() && texts.ok() && images.ok() ? 0 : 1;
}
