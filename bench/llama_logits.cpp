// weft_llama_logits MODEL THREADS: for each line of ids (1,2,3) on standard input, a row of f32 logits a
// token on standard output, as llama.cpp computes them with its defaults. Each line is a new sequence.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "bench/llama.hpp"

using namespace weft::bench;

namespace {

constexpr uint32_t kContext = 4096;

int fail(const std::string& message) {
  std::cerr << "weft_llama_logits: " << message << '\n';
  return 1;
}

/// Writes the logits of one sequence, which is one batch. False: llama.cpp refused it, or nobody reads the output.
bool write_logits(llama_context* context, const std::vector<llama_token>& ids, int vocab) {
  llama_memory_clear(llama_get_memory(context), true);
  llama_batch batch = llama_batch_init(static_cast<int32_t>(ids.size()), 0, 1);
  add_sequence(batch, ids, 0);
  bool ok = llama_decode(context, batch) == 0;
  for (int i = 0; ok && i < batch.n_tokens; ++i) {
    const auto n = static_cast<std::size_t>(vocab);
    ok = std::fwrite(llama_get_logits_ith(context, i), sizeof(float), n, stdout) == n;
  }
  llama_batch_free(batch);
  return ok && std::fflush(stdout) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage: weft_llama_logits MODEL THREADS < IDS > LOGITS");
  const LlamaModel model = load_llama(argv[1]);
  if (!model) return fail(std::string(argv[1]) + ": llama.cpp does not load it");
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = kContext;
  params.n_threads = params.n_threads_batch = std::atoi(argv[2]);
  const LlamaContext context(llama_init_from_model(model.get(), params));
  if (!context) return fail("llama.cpp makes no context");
  const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model.get()));
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<llama_token> ids = ids_of(line);
    if (ids.empty() || ids.size() > kContext) return fail("a line has 1 to " + std::to_string(kContext) + " ids");
    if (!write_logits(context.get(), ids, vocab)) return fail("no logits for: " + line.substr(0, 60));
  }
}
