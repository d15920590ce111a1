// weft_llama_embed MODEL THREADS BATCH: for each line of ids (1,2,3) on standard input, up to an empty line, a row of
// f32 on standard output: the mean of the text's hidden states, as llama.cpp computes them. Texts go together in the
// order given, as many as BATCH tokens hold.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "bench/llama.hpp"

using namespace weft::bench;

namespace {

constexpr uint32_t kTexts = 64;  // of one batch; larger: nothing, as short texts fill few batches

using Texts = std::vector<std::vector<llama_token>>;

int fail(const std::string& message) {
  std::cerr << "weft_llama_embed: " << message << '\n';
  return 1;
}

/// Writes the vectors of the texts of `batch`, the sequences 0 to texts - 1. False: llama.cpp refused them.
bool write_vectors(llama_context* context, const llama_batch& batch, uint32_t texts, std::size_t width) {
  bool ok = llama_encode(context, batch) == 0;
  for (uint32_t i = 0; ok && i < texts; ++i) {
    const float* const row = llama_get_embeddings_seq(context, static_cast<llama_seq_id>(i));
    ok = row != nullptr && std::fwrite(row, sizeof(float), width, stdout) == width;
  }
  return ok;
}

/// Writes the vectors of all texts, none of which has more than `size` tokens.
bool write_all(llama_context* context, const Texts& texts, llama_batch& batch, std::size_t size, std::size_t width) {
  uint32_t together = 0;
  batch.n_tokens = 0;
  for (const auto& ids : texts) {
    if (static_cast<std::size_t>(batch.n_tokens) + ids.size() > size || together == kTexts) {
      if (!write_vectors(context, batch, together, width)) return false;
      batch.n_tokens = 0, together = 0;
    }
    add_sequence(batch, ids, static_cast<llama_seq_id>(together++));
  }
  return (together == 0 || write_vectors(context, batch, together, width)) && std::fflush(stdout) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail("usage: weft_llama_embed MODEL THREADS BATCH < IDS > VECTORS");
  const int size = std::atoi(argv[3]);
  if (size < 1) return fail("a batch has at least one token");
  const LlamaModel model = load_llama(argv[1]);
  if (!model) return fail(std::string(argv[1]) + ": llama.cpp does not load it");
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = params.n_ubatch = static_cast<uint32_t>(size);
  params.n_seq_max = kTexts;
  params.kv_unified = true;
  params.embeddings = true;
  params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
  params.n_threads = params.n_threads_batch = std::atoi(argv[2]);
  const LlamaContext context(llama_init_from_model(model.get(), params));
  if (!context) return fail("llama.cpp makes no context");
  const auto width = static_cast<std::size_t>(llama_model_n_embd(model.get()));
  llama_batch batch = llama_batch_init(size, 0, 1);
  Texts texts;
  for (std::string line; std::getline(std::cin, line);) {
    if (!line.empty()) {
      texts.push_back(ids_of(line));
      if (texts.back().size() > static_cast<std::size_t>(size)) return fail("a text has more tokens than a batch");
      continue;
    }
    if (!write_all(context.get(), texts, batch, static_cast<std::size_t>(size), width)) return fail("no vectors");
    texts.clear();
  }
  llama_batch_free(batch);
}
