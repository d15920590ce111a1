// What a host can do wrong: each mistake is answered by a status that names it.
#include <algorithm>
#include <functional>

#include "api_testing.hpp"

namespace {

using namespace weft::api_test;

void expect_invalid(weft_status* s, const std::vector<std::string>& parts, const std::string& call) {
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_INVALID_ARGUMENT}) << call << ": " << weft_status_message(s);
  const std::string text = message(s);
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << call << ": " << text;
}

struct NullCall {
  const char* argument;
  const char* function;
  std::function<weft_status*()> call;
};

TEST(Misuse, Every_null_is_named_with_its_function) {
  Loaded l(kGguf);
  weft_model* model = nullptr;
  weft_session* session = nullptr;
  weft_generation* generation = nullptr;
  weft_classifier* classifier = nullptr;
  weft_embedder* embedder = nullptr;
  weft_detokenizer *detokenizer = nullptr, *stream = nullptr;
  ASSERT_TRUE(good(weft_detokenizer_new(l.model, 0, &stream)));
  const int32_t prompt[] = {1};
  ASSERT_TRUE(good(weft_generation_new(l.session, l.sequence, prompt, 1, nullptr, &generation)));
  weft_text text{};
  weft_ids ids{};
  weft_str s{"a", 1};
  const weft_str none{nullptr, 4};
  weft_encoding encoding{};
  weft_logits logits{};
  weft_piece piece = WEFT_INIT(weft_piece);
  const weft_step_item item = WEFT_INIT(weft_step_item);
  int32_t id = 0;
  int64_t length = 0;
  weft_classes classes{};
  weft_vector vector{};
  const NullCall calls[] = {
      {"out", "weft_runtime_new", [&] { return weft_runtime_new(nullptr, nullptr); }},
      {"runtime", "weft_runtime_plugins", [&] { return weft_runtime_plugins(nullptr, &text); }},
      {"out", "weft_runtime_plugins", [&] { return weft_runtime_plugins(l.runtime, nullptr); }},
      {"runtime", "weft_runtime_devices", [&] { return weft_runtime_devices(nullptr, &text); }},
      {"out", "weft_runtime_devices", [&] { return weft_runtime_devices(l.runtime, nullptr); }},
      {"runtime", "weft_runtime_fetch", [&] { return weft_runtime_fetch(nullptr, "x", &text); }},
      {"handle", "weft_runtime_fetch", [&] { return weft_runtime_fetch(l.runtime, nullptr, &text); }},
      {"out", "weft_runtime_fetch", [&] { return weft_runtime_fetch(l.runtime, "x", nullptr); }},
      {"runtime", "weft_model_load", [&] { return weft_model_load(nullptr, "x", nullptr, &model); }},
      {"handle", "weft_model_load", [&] { return weft_model_load(l.runtime, nullptr, nullptr, &model); }},
      {"out", "weft_model_load", [&] { return weft_model_load(l.runtime, "x", nullptr, nullptr); }},
      {"model", "weft_model_describe", [&] { return weft_model_describe(nullptr, &text); }},
      {"out", "weft_model_describe", [&] { return weft_model_describe(l.model, nullptr); }},
      {"model", "weft_model_stop_ids", [&] { return weft_model_stop_ids(nullptr, &ids); }},
      {"out", "weft_model_stop_ids", [&] { return weft_model_stop_ids(l.model, nullptr); }},
      {"model", "weft_model_tokenize", [&] { return weft_model_tokenize(nullptr, s, 0, &ids); }},
      {"text", "weft_model_tokenize", [&] { return weft_model_tokenize(l.model, none, 0, &ids); }},
      {"out", "weft_model_tokenize", [&] { return weft_model_tokenize(l.model, s, 0, nullptr); }},
      {"model", "weft_model_detokenize", [&] { return weft_model_detokenize(nullptr, prompt, 1, &text); }},
      {"ids", "weft_model_detokenize", [&] { return weft_model_detokenize(l.model, nullptr, 1, &text); }},
      {"out", "weft_model_detokenize", [&] { return weft_model_detokenize(l.model, prompt, 1, nullptr); }},
      {"model", "weft_model_encode", [&] { return weft_model_encode(nullptr, &s, 1, 0, &encoding); }},
      {"texts", "weft_model_encode", [&] { return weft_model_encode(l.model, nullptr, 1, 0, &encoding); }},
      {"out", "weft_model_encode", [&] { return weft_model_encode(l.model, &s, 1, 0, nullptr); }},
      {"model", "weft_detokenizer_new", [&] { return weft_detokenizer_new(nullptr, 0, &detokenizer); }},
      {"out", "weft_detokenizer_new", [&] { return weft_detokenizer_new(l.model, 0, nullptr); }},
      {"detokenizer", "weft_detokenizer_push", [&] { return weft_detokenizer_push(nullptr, 1, &s); }},
      {"out", "weft_detokenizer_push", [&] { return weft_detokenizer_push(stream, 1, nullptr); }},
      {"detokenizer", "weft_detokenizer_flush", [&] { return weft_detokenizer_flush(nullptr, &s); }},
      {"out", "weft_detokenizer_flush", [&] { return weft_detokenizer_flush(stream, nullptr); }},
      {"model", "weft_model_token", [&] { return weft_model_token(nullptr, 1, &s, nullptr); }},
      {"out_text", "weft_model_token", [&] { return weft_model_token(l.model, 1, nullptr, nullptr); }},
      {"model", "weft_model_token_id", [&] { return weft_model_token_id(nullptr, s, &id); }},
      {"text", "weft_model_token_id", [&] { return weft_model_token_id(l.model, none, &id); }},
      {"out", "weft_model_token_id", [&] { return weft_model_token_id(l.model, s, nullptr); }},
      {"model", "weft_model_chat", [&] { return weft_model_chat(nullptr, s, {}, &ids); }},
      {"out", "weft_model_chat", [&] { return weft_model_chat(l.model, s, {}, nullptr); }},
      {"model", "weft_model_chat_with", [&] { return weft_model_chat_with(nullptr, s, nullptr, &ids); }},
      {"out", "weft_model_chat_with", [&] { return weft_model_chat_with(l.model, s, nullptr, nullptr); }},
      {"model", "weft_model_chat_text", [&] { return weft_model_chat_text(nullptr, s, nullptr, &text); }},
      {"out", "weft_model_chat_text", [&] { return weft_model_chat_text(l.model, s, nullptr, nullptr); }},
      {"model", "weft_session_new", [&] { return weft_session_new(nullptr, &session); }},
      {"out", "weft_session_new", [&] { return weft_session_new(l.model, nullptr); }},
      {"session", "weft_session_open", [&] { return weft_session_open(nullptr, &id); }},
      {"out", "weft_session_open", [&] { return weft_session_open(l.session, nullptr); }},
      {"session", "weft_session_close", [&] { return weft_session_close(nullptr, 0); }},
      {"session", "weft_session_fork", [&] { return weft_session_fork(nullptr, 0, &id); }},
      {"out", "weft_session_fork", [&] { return weft_session_fork(l.session, 0, nullptr); }},
      {"session", "weft_session_rollback", [&] { return weft_session_rollback(nullptr, 0, 0); }},
      {"session", "weft_session_keep_common",
       [&] { return weft_session_keep_common(nullptr, 0, prompt, 1, &length); }},
      {"ids", "weft_session_keep_common",
       [&] { return weft_session_keep_common(l.session, 0, nullptr, 1, &length); }},
      {"out", "weft_session_keep_common", [&] { return weft_session_keep_common(l.session, 0, prompt, 1, nullptr); }},
      {"session", "weft_session_length", [&] { return weft_session_length(nullptr, 0, &length); }},
      {"out", "weft_session_length", [&] { return weft_session_length(l.session, 0, nullptr); }},
      {"session", "weft_session_encode", [&] { return weft_session_encode(nullptr, &item, 1, sizeof item); }},
      {"items", "", [&] { return weft_session_encode(l.session, nullptr, 1, sizeof item); }},
      {"session", "weft_session_step", [&] { return weft_session_step(nullptr, &item, 1, sizeof item, &logits); }},
      {"items", "", [&] { return weft_session_step(l.session, nullptr, 1, sizeof item, &logits); }},
      {"out", "weft_session_step", [&] { return weft_session_step(l.session, &item, 1, sizeof item, nullptr); }},
      {"session", "weft_generation_new",
       [&] { return weft_generation_new(nullptr, 0, prompt, 1, nullptr, &generation); }},
      {"prompt", "weft_generation_new",
       [&] { return weft_generation_new(l.session, l.sequence, nullptr, 1, nullptr, &generation); }},
      {"out", "weft_generation_new",
       [&] { return weft_generation_new(l.session, l.sequence, prompt, 1, nullptr, nullptr); }},
      {"generation", "weft_generation_next", [&] { return weft_generation_next(nullptr, &piece); }},
      {"out", "weft_generation_next", [&] { return weft_generation_next(generation, nullptr); }},
      {"generation", "weft_generation_sampling", [&] { return weft_generation_sampling(nullptr, &text); }},
      {"out", "weft_generation_sampling", [&] { return weft_generation_sampling(generation, nullptr); }},
      {"runtime", "weft_classifier_load", [&] { return weft_classifier_load(nullptr, "x", nullptr, &classifier); }},
      {"handle", "weft_classifier_load",
       [&] { return weft_classifier_load(l.runtime, nullptr, nullptr, &classifier); }},
      {"out", "weft_classifier_load", [&] { return weft_classifier_load(l.runtime, "x", nullptr, nullptr); }},
      {"classifier", "weft_classifier_label", [&] { return weft_classifier_label(nullptr, 0, &s); }},
      {"classifier", "weft_classifier_text", [&] { return weft_classifier_text(nullptr, s, &classes); }},
      {"classifier", "weft_classifier_file", [&] { return weft_classifier_file(nullptr, "x", 1, &classes); }},
      {"classifier", "weft_classifier_pixels",
       [&] { return weft_classifier_pixels(nullptr, nullptr, 1, 1, 3, &classes); }},
      {"runtime", "weft_embedder_load", [&] { return weft_embedder_load(nullptr, "x", nullptr, &embedder); }},
      {"handle", "weft_embedder_load", [&] { return weft_embedder_load(l.runtime, nullptr, nullptr, &embedder); }},
      {"out", "weft_embedder_load", [&] { return weft_embedder_load(l.runtime, "x", nullptr, nullptr); }},
      {"embedder", "weft_embedder_text", [&] { return weft_embedder_text(nullptr, s, &vector); }},
      {"embedder", "weft_embedder_tokens", [&] { return weft_embedder_tokens(nullptr, prompt, 1, &vector); }},
  };
  for (const NullCall& c : calls)
    expect_invalid(c.call(), {c.function, c.argument, "NULL"}, std::string(c.function) + " " + c.argument);
  weft_generation_free(generation);
  weft_detokenizer_free(stream);
}

TEST(Misuse, Functions_without_a_status_take_null) {
  EXPECT_STREQ(weft_model_summary(nullptr), "");
  EXPECT_STREQ(weft_classifier_summary(nullptr), "");
  EXPECT_STREQ(weft_embedder_summary(nullptr), "");
  EXPECT_EQ(weft_model_vocab_size(nullptr), 0);
  EXPECT_EQ(weft_model_context(nullptr), 0);
  EXPECT_EQ(weft_model_trained_context(nullptr), 0);
  EXPECT_EQ(weft_model_step_tokens(nullptr), 0);
  EXPECT_EQ(weft_model_start_token(nullptr), -1);
  EXPECT_EQ(weft_model_has_chat_template(nullptr), 0u);
  EXPECT_EQ(weft_session_failed_sequence(nullptr), -1);
  EXPECT_EQ(weft_generation_seed(nullptr), 0u);
  EXPECT_EQ(weft_classifier_takes_images(nullptr), 0u);
  EXPECT_EQ(weft_classifier_labels(nullptr), 0u);
  weft_generation_cancel(nullptr);
  weft_runtime_free(nullptr), weft_model_free(nullptr), weft_session_free(nullptr), weft_generation_free(nullptr);
  weft_classifier_free(nullptr), weft_embedder_free(nullptr), weft_detokenizer_free(nullptr);
  weft_text_free(nullptr), weft_ids_free(nullptr), weft_encoding_free(nullptr), weft_status_free(nullptr);
}

TEST(Misuse, A_struct_without_its_header_is_refused) {
  Loaded l(kGguf);
  weft_runtime* runtime = nullptr;
  weft_model* model = nullptr;
  weft_generation* generation = nullptr;
  weft_classifier* classifier = nullptr;
  weft_embedder* embedder = nullptr;
  weft_ids ids{};
  weft_logits logits{};
  const int32_t token = 1;
  const weft_runtime_options r{};
  weft_model_options m{};
  m.backend = "cuda";
  const weft_chat_options c{};
  const weft_generate_options g{};
  weft_step_item item{};
  item.sequence = l.sequence, item.tokens = &token, item.n_tokens = 1;
  weft_piece piece{};
  const weft_str messages{R"([{"role":"user","content":"a"}])", 31};
  expect_invalid(weft_runtime_new(&r, &runtime), {"WEFT_INIT(weft_runtime_options)"}, "runtime");
  expect_invalid(weft_model_load(l.runtime, kGguf.c_str(), &m, &model), {"WEFT_INIT(weft_model_options)"}, "model");
  expect_invalid(weft_classifier_load(l.runtime, kGguf.c_str(), &m, &classifier), {"WEFT_INIT(weft_model_options)"},
                 "classifier");
  expect_invalid(weft_embedder_load(l.runtime, kGguf.c_str(), &m, &embedder), {"WEFT_INIT(weft_model_options)"},
                 "embedder");
  expect_invalid(weft_model_chat_with(l.model, messages, &c, &ids), {"WEFT_INIT(weft_chat_options)"}, "chat");
  expect_invalid(weft_generation_new(l.session, l.sequence, &token, 1, &g, &generation),
                 {"WEFT_INIT(weft_generate_options)"}, "generation");
  expect_invalid(weft_session_step(l.session, &item, 1, sizeof item, &logits), {"WEFT_INIT(weft_step_item)", "item 0"},
                 "step");
  ASSERT_TRUE(good(weft_generation_new(l.session, l.sequence, &token, 1, nullptr, &generation)));
  expect_invalid(weft_generation_next(generation, &piece), {"WEFT_INIT(weft_piece)"}, "piece");
  weft_generation_free(generation);
}

TEST(Misuse, Arrays_of_options_that_are_null_or_hold_null_are_named) {
  Loaded l(kGguf);
  weft_runtime* runtime = nullptr;
  weft_generation* generation = nullptr;
  const int32_t token = 1;
  weft_runtime_options r = isolated();
  r.plugin_folders = nullptr;
  expect_invalid(weft_runtime_new(&r, &runtime), {"plugin_folders is NULL"}, "folders");
  const char* const holes[] = {kPlugins[0], nullptr};
  r.plugin_folders = holes, r.n_plugin_folders = 2;
  expect_invalid(weft_runtime_new(&r, &runtime), {"plugin_folders: entry 1 is NULL"}, "folder");
  r = isolated();
  r.n_static_plugins = 1;
  expect_invalid(weft_runtime_new(&r, &runtime), {"static_plugins"}, "static");
  const auto generate = [&](weft_generate_options o) {
    return weft_generation_new(l.session, l.sequence, &token, 1, &o, &generation);
  };
  weft_generate_options o = WEFT_INIT(weft_generate_options);
  o.n_stop = 1;
  expect_invalid(generate(o), {"stop is NULL"}, "stop");
  o.stop = holes + 1;
  expect_invalid(generate(o), {"stop: entry 0 is NULL"}, "stop entry");
  o = WEFT_INIT(weft_generate_options);
  o.n_logit_bias = 1;
  expect_invalid(generate(o), {"logit_bias is NULL"}, "bias");
  o = WEFT_INIT(weft_generate_options);
  o.temperature = -5;
  expect_invalid(generate(o), {"temperature", "-5"}, "temperature");
  weft_step_item item = WEFT_INIT(weft_step_item);
  item.sequence = l.sequence, item.n_tokens = 3;
  weft_logits logits{};
  expect_invalid(weft_session_step(l.session, &item, 1, sizeof item, &logits), {"item 0: tokens is NULL"}, "tokens");
}

weft_status* load(weft_runtime* runtime, const std::function<void(weft_model_options&)>& change) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.backend = "reference";
  change(m);
  weft_model* model = nullptr;
  weft_status* s = weft_model_load(runtime, kGguf.c_str(), &m, &model);
  weft_model_free(model);
  return s;
}

TEST(Misuse, Unknown_names_are_refused_with_the_known_ones) {
  Loaded l(kGguf);
  expect_invalid(load(l.runtime, [](auto& m) { m.precision = "Exact"; }), {"\"Exact\"", "exact, default, fast"},
                 "precision");
  expect_invalid(load(l.runtime, [](auto& m) { m.kv = "f8"; }), {"\"f8\"", "f16, bf16, f32, q8_0"}, "kv");
  for (const auto& [part, change] : std::vector<std::pair<std::string, std::function<void(weft_model_options&)>>>{
           {"reference", [](auto& m) { m.backend = "cuda"; }}, {"llama", [](auto& m) { m.architecture = "nosuch"; }}}) {
    weft_status* s = load(l.runtime, change);
    EXPECT_EQ(weft_status_code(s), weft_code{WEFT_NOT_FOUND});
    EXPECT_NE(message(s).find(part), std::string::npos);
  }
  weft_chat_options c = WEFT_INIT(weft_chat_options);
  c.template_name = {"nonesuch", 8};
  const weft_str messages{R"([{"role":"user","content":"a"}])", 31};
  weft_ids ids{};
  weft_status* s = weft_model_chat_with(l.model, messages, &c, &ids);
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_NOT_FOUND});
  const std::string text = message(s);
  EXPECT_NE(text.find("nonesuch"), std::string::npos) << text;
  EXPECT_NE(text.find("default"), std::string::npos) << text;
}

TEST(Misuse, Sizes_that_cannot_be_are_refused) {
  Loaded l(kGguf);
  expect_invalid(load(l.runtime, [](auto& m) { m.context = INT64_MAX; }), {"context", "16777216"}, "context");
  expect_invalid(load(l.runtime, [](auto& m) { m.context = -1; }), {"context"}, "context");
  expect_invalid(load(l.runtime, [](auto& m) { m.sequences = 0; }), {"sequences"}, "sequences");
  expect_invalid(load(l.runtime, [](auto& m) { m.sequences = INT64_MAX; }), {"sequences"}, "sequences");
  expect_invalid(load(l.runtime, [](auto& m) { m.step_tokens = INT64_MAX; }), {"step_tokens"}, "step_tokens");
  weft_status* s = load(l.runtime, [](auto& m) { m.context = 1 << 20, m.sequences = 1 << 12; });
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_OUT_OF_RANGE});
  EXPECT_NE(message(s).find("lower the context or the sequences"), std::string::npos);
}

struct Warnings {
  std::vector<std::string> lines;
  weft_runtime_options options() {
    weft_runtime_options o = isolated();
    o.ctx = this;
    o.log = [](void* self, uint32_t level, weft_str, weft_str text) {
      if (level >= WEFT_LOG_WARN) static_cast<Warnings*>(self)->lines.emplace_back(text.data, text.size);
    };
    return o;
  }
};

TEST(Misuse, A_context_beyond_the_trained_one_is_warned_of_once) {
  Warnings warnings;
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.context = 1000;
  const Loaded l(kWindowed, warnings.options(), m);
  EXPECT_EQ(weft_model_trained_context(l.model), 128);
  EXPECT_EQ(weft_model_context(l.model), 1000);
  ASSERT_EQ(warnings.lines.size(), 1u);
  EXPECT_NE(warnings.lines[0].find("1000"), std::string::npos);
  EXPECT_NE(warnings.lines[0].find("128"), std::string::npos);
  Warnings none;
  m.context = 128;
  const Loaded fits(kWindowed, none.options(), m);
  EXPECT_TRUE(none.lines.empty());
}

TEST(Misuse, Messages_that_are_no_list_of_objects_and_tools_that_are_no_list_are_refused) {
  const Loaded l(kGguf);
  const auto chat = [&](std::string messages, std::string tools) {
    weft_ids ids{};
    return weft_model_chat(l.model, {messages.data(), messages.size()}, {tools.data(), tools.size()}, &ids);
  };
  expect_invalid(chat("{}", ""), {"messages", "object", "array"}, "{}");
  expect_invalid(chat("[]", ""), {"messages", "empty"}, "[]");
  expect_invalid(chat("[1]", ""), {"messages", "number 0"}, "[1]");
  expect_invalid(chat("", ""), {"messages"}, "nothing");
  const std::string hello = R"([{"role":"user","content":"hello"}])";
  expect_invalid(chat(hello, "{}"), {"tools", "array"}, "tools");
  weft_ids ids{};
  EXPECT_TRUE(good(weft_model_chat(l.model, {hello.data(), hello.size()}, {}, &ids)));
  weft_ids_free(&ids);
}

TEST(Misuse, A_full_sequence_is_named_and_the_others_step_on) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.context = 16, m.sequences = 2;
  const Loaded l(kWindowed, isolated(), m);
  int32_t other = -1;
  ASSERT_TRUE(good(weft_session_open(l.session, &other)));
  const std::vector<int32_t> many(16, 1);
  weft_step_item items[] = {WEFT_INIT(weft_step_item), WEFT_INIT(weft_step_item)};
  items[0].sequence = other, items[0].tokens = many.data(), items[0].n_tokens = many.size();
  items[1] = items[0];
  items[1].sequence = l.sequence, items[1].n_tokens = 1;
  weft_logits logits{};
  ASSERT_TRUE(good(weft_session_step(l.session, items, 2, sizeof items[0], &logits)));
  EXPECT_EQ(weft_session_failed_sequence(l.session), -1);
  items[0].n_tokens = 1;
  std::swap(items[0], items[1]);
  weft_status* s = weft_session_step(l.session, items, 2, sizeof items[0], &logits);
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_OUT_OF_RANGE});
  const std::string text = message(s);
  EXPECT_NE(text.find("sequence " + std::to_string(other)), std::string::npos) << text;
  EXPECT_EQ(text.find("--"), std::string::npos) << text;
  EXPECT_EQ(weft_session_failed_sequence(l.session), other);
  EXPECT_TRUE(good(weft_session_step(l.session, items, 1, sizeof items[0], &logits)));
  EXPECT_EQ(weft_session_failed_sequence(l.session), -1);
}

TEST(Misuse, Threads_of_the_host_come_in_pairs) {
  weft_runtime_options r = isolated();
  weft_runtime* runtime = nullptr;
  r.worker_count = [](void*) -> uint32_t { return 1; };
  expect_invalid(weft_runtime_new(&r, &runtime), {"parallel_for"}, "worker_count alone");
  r = isolated();
  r.team_run = [](void*, uint32_t, void (*)(void*, uint32_t, uint32_t), void*) -> uint32_t { return 1; };
  expect_invalid(weft_runtime_new(&r, &runtime), {"team_run"}, "team_run alone");
}

}  // namespace
