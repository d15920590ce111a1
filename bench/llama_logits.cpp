// weft_llama_logits MODEL THREADS: for each line of ids (1,2,3) on standard input, a row of f32 logits a
// token on standard output, as llama.cpp computes them with its defaults. Each line is a new sequence.
#include <llama.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kContext = 4096;

template <auto kFree>
struct Free {
  void operator()(auto* p) const { kFree(p); }
};
using Model = std::unique_ptr<llama_model, Free<llama_model_free>>;
using Context = std::unique_ptr<llama_context, Free<llama_free>>;

int fail(const std::string& message) {
  std::cerr << "weft_llama_logits: " << message << '\n';
  return 1;
}

void log_errors(ggml_log_level level, const char* text, void*) {
  if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
}

std::vector<llama_token> parse(const std::string& line) {
  std::vector<llama_token> ids;
  std::istringstream in(line);
  for (std::string id; std::getline(in, id, ',');) ids.push_back(std::stoi(id));
  return ids;
}

/// Writes the logits of one sequence, which is one batch. False: llama.cpp refused it, or nobody reads the output.
bool write_logits(llama_context* context, const std::vector<llama_token>& ids, int vocab) {
  llama_memory_clear(llama_get_memory(context), true);
  llama_batch batch = llama_batch_init(static_cast<int32_t>(ids.size()), 0, 1);
  for (const llama_token id : ids) {
    const int i = batch.n_tokens++;
    batch.token[i] = id;
    batch.pos[i] = i;
    batch.n_seq_id[i] = 1;
    batch.seq_id[i][0] = 0;
    batch.logits[i] = 1;
  }
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
  llama_log_set(log_errors, nullptr);
  llama_backend_init();
  const Model model(llama_model_load_from_file(argv[1], llama_model_default_params()));
  if (!model) return fail(std::string(argv[1]) + ": llama.cpp does not load it");
  llama_context_params params = llama_context_default_params();
  params.n_ctx = params.n_batch = kContext;
  params.n_threads = params.n_threads_batch = std::atoi(argv[2]);
  const Context context(llama_init_from_model(model.get(), params));
  if (!context) return fail("llama.cpp makes no context");
  const int vocab = llama_vocab_n_tokens(llama_model_get_vocab(model.get()));
  for (std::string line; std::getline(std::cin, line);) {
    const std::vector<llama_token> ids = parse(line);
    if (ids.empty() || ids.size() > kContext) return fail("a line has 1 to " + std::to_string(kContext) + " ids");
    if (!write_logits(context.get(), ids, vocab)) return fail("no logits for: " + line.substr(0, 60));
  }
}
