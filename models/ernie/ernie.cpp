// ernie: bert, and an embedding of the kind of task, which is the first one here.
#include "weft/blocks/encoder.hpp"
#include "weft/sdk/family.hpp"

namespace weft::ernie {

using namespace sdk;

struct Ernie : Family {
  static constexpr std::string_view kType = "ernie";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("ernie", json);
    blocks::DecoderShape s = blocks::read_encoder(c, blocks::kBertDefaults);
    s.token_types = c.integer_or("type_vocab_size", 2, 0, 1 << 20);
    const int64_t tasks = c.integer_or("task_type_vocab_size", 3, 1, 1 << 20);
    if (c.flag_or("use_task_id", false)) {
      s.more_embedding = [tasks, hidden = s.hidden](const Scope& model, Tensor x) {
        Graph& g = model.graph();
        return g.add(x, g.slice((model / "task_types").param("weight", {tasks, hidden}), 0, 0, 1));
      };
    }
    blocks::add_encoder_heads(c, s, {.dense = "pooler.dense", .labels = "classifier"});
    c.finish();
    return std::make_unique<blocks::Decoder>(std::move(s));
  }

  static Names hf(const Json& config) {
    Names n = blocks::encoder_names(config, "ernie.",
        {"cls.", "classifier.", "qa_outputs.", "ernie.pooler.", "embeddings.task_type_embeddings.",
            "ernie.embeddings.task_type_embeddings."});
    return std::move(n).with({{"model.task_types", "embeddings.task_type_embeddings"}});
  }
};

}  // namespace weft::ernie

WEFT_FAMILY("weft.ernie", weft::ernie::Ernie)
