// What the programs on llama.cpp share.
#pragma once

#include <llama.h>

#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace weft::bench {

template <auto kFree>
struct Free {
  void operator()(auto* p) const { kFree(p); }
};
using LlamaModel = std::unique_ptr<llama_model, Free<llama_model_free>>;
using LlamaContext = std::unique_ptr<llama_context, Free<llama_free>>;

/// Loads a model, with errors alone on standard error; null: llama.cpp does not load it.
inline LlamaModel load_llama(const char* path) {
  const auto log_errors = [](ggml_log_level level, const char* text, void*) {
    if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
  };
  llama_log_set(log_errors, nullptr);
  llama_backend_init();
  return LlamaModel(llama_model_load_from_file(path, llama_model_default_params()));
}

/// Ids as a line has them: 1,2,3.
inline std::vector<llama_token> ids_of(const std::string& line) {
  std::vector<llama_token> ids;
  std::istringstream in(line);
  for (std::string id; std::getline(in, id, ',');) ids.push_back(std::stoi(id));
  return ids;
}

/// Puts the tokens of a sequence into a batch, which has room for them; each gives an output.
inline void add_sequence(llama_batch& batch, const std::vector<llama_token>& ids, llama_seq_id sequence) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const int at = batch.n_tokens++;
    batch.token[at] = ids[i];
    batch.pos[at] = static_cast<llama_pos>(i);
    batch.n_seq_id[at] = 1;
    batch.seq_id[at][0] = sequence;
    batch.logits[at] = 1;
  }
}

}  // namespace weft::bench
