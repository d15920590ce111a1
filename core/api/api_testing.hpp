// What the tests of weft.h share: a runtime that ignores the machine's settings, and a model in it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weft/weft.h"

namespace weft::api_test {

inline const std::string kGguf = WEFT_SOURCE_DIR "/tests/golden/llama/gguf_f32/model.gguf";
inline const std::string kWindowed = WEFT_SOURCE_DIR "/tests/golden/mistral/mistral_window";
inline const char* const kPlugins[] = {WEFT_BINARY_DIR "/lib/weft/plugins"};

inline weft_runtime_options isolated() {
  weft_runtime_options o = WEFT_INIT(weft_runtime_options);
  o.plugin_folders = kPlugins, o.n_plugin_folders = 1;
  o.threads = 2, o.flags = WEFT_NO_ENVIRONMENT;
  return o;
}

inline std::string message(weft_status* s) {
  std::string text = weft_status_message(s);
  weft_status_free(s);
  return text;
}

/// Returns whether `s` is OK; if it is not, fails the test and frees it.
inline bool good(weft_status* s) {
  if (s == nullptr) return true;
  ADD_FAILURE() << message(s);
  return false;
}

struct Loaded {  // freed in the worst order, the runtime first
  weft_runtime* runtime = nullptr;
  weft_model* model = nullptr;
  weft_session* session = nullptr;
  int32_t sequence = 0;

  explicit Loaded(const std::string& path, const weft_runtime_options& o = isolated(),
                  weft_model_options m = WEFT_INIT(weft_model_options)) {
    m.backend = "reference", m.kv = "f32";
    if (good(weft_runtime_new(&o, &runtime)) && good(weft_model_load(runtime, path.c_str(), &m, &model)) &&
        good(weft_session_new(model, &session))) {
      good(weft_session_open(session, &sequence));
    }
  }
  ~Loaded() {
    weft_runtime_free(runtime);
    weft_model_free(model);
    weft_session_free(session);
  }
  std::vector<int32_t> generate(weft_generate_options o, std::vector<int32_t> prompt = {5, 6, 7},
                                std::string* stop = nullptr) {
    std::vector<int32_t> ids;
    weft_generation* g = nullptr;
    if (!good(weft_generation_new(session, sequence, prompt.data(), prompt.size(), &o, &g))) return ids;
    weft_piece piece = WEFT_INIT(weft_piece);
    while (!piece.last && good(weft_generation_next(g, &piece))) {
      if (piece.token >= 0) ids.push_back(piece.token);
      EXPECT_EQ(piece.n_top, piece.token >= 0 ? o.top_logprobs : 0);
      for (uint32_t i = 1; i < piece.n_top; ++i) EXPECT_GE(piece.top[i - 1].logprob, piece.top[i].logprob);
      if (o.greedy && piece.n_top > 0 && o.n_logit_bias == 0) {
        EXPECT_EQ(piece.top[0].token, piece.token);
      }
    }
    if (stop != nullptr) stop->assign(piece.stop.data, piece.stop.size);
    weft_generation_free(g);
    return ids;
  }
};

inline weft_generate_options greedy(int64_t n) {
  weft_generate_options o = WEFT_INIT(weft_generate_options);
  o.greedy = 1, o.max_tokens = n, o.ignore_eos = 1;
  return o;
}

}  // namespace weft::api_test
