// libweft as an embedding program uses it: through weft.h and weft.hpp alone.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api_testing.hpp"
#include "weft/weft.hpp"

namespace {

using namespace weft::api_test;

TEST(C, Two_runtimes_live_side_by_side_and_one_outlives_the_other) {
  Loaded second(kGguf);
  const std::vector<int32_t> expected = second.generate(greedy(6));
  {
    Loaded first(kGguf);
    EXPECT_EQ(first.generate(greedy(6)), expected);
  }
  weft_session_close(second.session, second.sequence);
  ASSERT_TRUE(good(weft_session_open(second.session, &second.sequence)));
  EXPECT_EQ(second.generate(greedy(6)), expected);
}

TEST(C, Logprobs_bias_and_stop_reasons_reach_the_host) {
  Loaded l(kGguf);
  weft_generate_options o = greedy(4);
  o.top_logprobs = 3;
  std::string stop;
  const std::vector<int32_t> ids = l.generate(o, {5, 6, 7}, &stop);
  ASSERT_EQ(ids.size(), 4u);
  EXPECT_EQ(stop, "length");
  ASSERT_TRUE(good(weft_session_rollback(l.session, l.sequence, 0)));
  const weft_logit_bias never{ids[0], -1e9f};
  o.logit_bias = &never, o.n_logit_bias = 1;
  EXPECT_NE(l.generate(o)[0], ids[0]);
}

TEST(C, Steps_of_several_sequences_forks_and_rollbacks) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.sequences = 2, m.context = 64;
  Loaded l(kWindowed, isolated(), m);
  const std::vector<int32_t> tokens = {1, 2, 3, 4, 5};
  weft_step_item item{{WEFT_END(weft_step_item, n_tokens), 0}, l.sequence, 1, tokens.data(), tokens.size()};
  weft_logits logits{};
  ASSERT_TRUE(good(weft_session_step(l.session, &item, 1, sizeof item, &logits)));
  EXPECT_EQ(logits.rows, 5);
  EXPECT_EQ(logits.vocab, weft_model_vocab_size(l.model));
  const std::vector<float> last(logits.data + 4 * logits.vocab, logits.data + 5 * logits.vocab);

  int32_t twin = 0;
  ASSERT_TRUE(good(weft_session_fork(l.session, l.sequence, &twin)));
  ASSERT_TRUE(good(weft_session_rollback(l.session, twin, 4)));
  weft_step_item again{item.hdr, twin, 0, tokens.data() + 4, 1}, other{item.hdr, l.sequence, 0, tokens.data(), 1};
  const weft_step_item both[] = {again, other};
  ASSERT_TRUE(good(weft_session_step(l.session, both, 2, sizeof both[0], &logits)));
  ASSERT_EQ(logits.rows, 2);
  for (int64_t i = 0; i < logits.vocab; ++i) EXPECT_NEAR(logits.data[i], last[static_cast<std::size_t>(i)], 1e-5);
  int64_t length = 0, kept = 0;
  ASSERT_TRUE(good(weft_session_length(l.session, l.sequence, &length)));
  EXPECT_EQ(length, 6);
  const std::vector<int32_t> others = {1, 2, 3, 9};
  ASSERT_TRUE(good(weft_session_keep_common(l.session, twin, others.data(), others.size(), &kept)));
  EXPECT_EQ(kept, 3);
  ASSERT_TRUE(good(weft_session_length(l.session, twin, &length)));
  EXPECT_EQ(length, 3);
  EXPECT_EQ(weft_status_code(nullptr), weft_code{WEFT_OK});
  EXPECT_EQ(weft_model_start_token(l.model), -1);
  EXPECT_NE(message(weft_session_encode(l.session, &item, 1, sizeof item)).find("no encoder"), std::string::npos);
}

TEST(C, Cancel_from_another_thread_ends_a_generation) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.context = 4096;
  Loaded l(kWindowed, isolated(), m);
  weft_generation* g = nullptr;
  const weft_generate_options o = greedy(-1);
  const int32_t prompt[] = {1, 2, 3};
  ASSERT_TRUE(good(weft_generation_new(l.session, l.sequence, prompt, 3, &o, &g)));
  std::thread other([&] { weft_generation_cancel(g); });
  weft_piece piece = WEFT_INIT(weft_piece);
  weft_status* s = nullptr;
  while (s == nullptr && !piece.last) s = weft_generation_next(g, &piece);
  other.join();
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_CANCELLED});
  weft_status_free(s);
  weft_generation_free(g);
}

/// A copy of a checkpoint whose config has a key that no family knows. Returns its folder.
std::string with_unknown_key() {
  namespace fs = std::filesystem;
  const fs::path from = WEFT_SOURCE_DIR "/tests/golden/llama/llama3_bf16",
                 to = fs::path(testing::TempDir()) / "unknown_key";
  fs::create_directories(to);
  fs::copy(from, to, fs::copy_options::overwrite_existing | fs::copy_options::recursive);
  std::ifstream in(from / "config.json");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(to / "config.json") << "{\"colour\": \"blue\"," + text.substr(text.find('{') + 1);
  return to.string();
}

struct Services {
  std::atomic<int64_t> held{0}, calls{0}, loops{0}, lines{0};
};

TEST(C, The_hosts_log_allocator_and_threads_are_used_and_memory_is_given_back) {
  Services services;
  {
    weft_runtime_options o = isolated();
    o.ctx = &services;
    o.log = [](void* ctx, uint32_t, weft_str, weft_str) { ++static_cast<Services*>(ctx)->lines; };
    o.alloc = [](void* ctx, uint64_t bytes, uint64_t align) -> void* {
      auto& s = *static_cast<Services*>(ctx);
      s.held += static_cast<int64_t>(bytes), ++s.calls;
      return std::aligned_alloc(align, (bytes + align - 1) / align * align);
    };
    o.free = [](void* ctx, void* p, uint64_t bytes, uint64_t) {
      static_cast<Services*>(ctx)->held -= static_cast<int64_t>(bytes);
      std::free(p);
    };
    o.worker_count = [](void*) -> uint32_t { return 1; };
    o.parallel_for = [](void* ctx, uint64_t n, uint64_t, void (*fn)(void*, uint64_t, uint64_t, uint32_t), void* arg) {
      ++static_cast<Services*>(ctx)->loops;
      if (n > 0) fn(arg, 0, n, 0);
    };
    Loaded l(with_unknown_key(), o);  // the weights are bf16, so they are decoded into memory
    EXPECT_EQ(l.generate(greedy(2)).size(), 2u);
    EXPECT_GT(services.calls, 0);
    EXPECT_GT(services.held, 0);
    EXPECT_GT(services.loops, 0);
    EXPECT_GT(services.lines, 0);
  }
  EXPECT_EQ(services.held, 0);
}

TEST(C, Errors_are_statuses_with_one_line) {
  weft_runtime* runtime = nullptr;
  weft_runtime_options o = isolated();
  o.flags = 1u << 20;
  EXPECT_NE(message(weft_runtime_new(&o, &runtime)).find("unknown flags"), std::string::npos);
  EXPECT_EQ(runtime, nullptr);
  o = isolated();
  o.alloc = [](void*, uint64_t, uint64_t) -> void* { return nullptr; };
  EXPECT_NE(message(weft_runtime_new(&o, &runtime)).find("come together"), std::string::npos);
  o = isolated();
  o.config_text = "{\"colour\": 1}";
  EXPECT_NE(message(weft_runtime_new(&o, &runtime)).find("colour"), std::string::npos);
  o.config_text = nullptr;
  ASSERT_TRUE(good(weft_runtime_new(&o, &runtime)));
  weft_model* model = nullptr;
  const std::string missing = message(weft_model_load(runtime, "/nowhere/at/all", nullptr, &model));
  EXPECT_NE(missing.find("/nowhere/at/all"), std::string::npos);
  EXPECT_EQ(missing.find('\n'), std::string::npos);
  EXPECT_NE(message(weft_model_load(runtime, "nope://org/name", nullptr, &model)).find("nope://"), std::string::npos);
  weft_text plugins{};
  ASSERT_TRUE(good(weft_runtime_plugins(runtime, &plugins)));
  EXPECT_NE(std::string(plugins.data).find("\"id\":\"weft.reference\""), std::string::npos);
  weft_text_free(&plugins);
  EXPECT_EQ(plugins.data, nullptr);
  weft_runtime_free(runtime);
}

TEST(C, Without_environment_nothing_is_searched_but_what_the_host_names) {
  weft_runtime_options o = WEFT_INIT(weft_runtime_options);
  o.threads = 1;
  for (const bool searches : {true, false}) {  // there are plugins beside this libweft
    o.flags = searches ? 0 : WEFT_NO_ENVIRONMENT;
    weft_runtime* runtime = nullptr;
    weft_text plugins{};
    ASSERT_TRUE(good(weft_runtime_new(&o, &runtime)));
    ASSERT_TRUE(good(weft_runtime_plugins(runtime, &plugins)));
    EXPECT_EQ(std::string(plugins.data) == "[]", !searches) << plugins.data;
    weft_text_free(&plugins);
    weft_runtime_free(runtime);
  }
}

TEST(C, Without_environment_no_variable_is_read) {
  setenv("WEFT_BACKEND", "nonsense", 1);
  setenv("WEFT_CONFIG", "/nowhere/weft.json", 1);
  weft_runtime* runtime = nullptr;
  weft_runtime_options o = isolated();
  weft_model* model = nullptr;
  ASSERT_TRUE(good(weft_runtime_new(&o, &runtime)));
  EXPECT_TRUE(good(weft_model_load(runtime, kGguf.c_str(), nullptr, &model)));
  weft_model_free(model);
  weft_runtime_free(runtime);
  o.flags = 0;
  EXPECT_NE(message(weft_runtime_new(&o, &runtime)).find("/nowhere/weft.json"), std::string::npos);
  unsetenv("WEFT_BACKEND");
  unsetenv("WEFT_CONFIG");
}

TEST(C, Options_of_an_older_header_keep_their_defaults) {
  weft_generate_options o = greedy(3);
  o.hdr.struct_size = WEFT_END(weft_generate_options, ignore_eos);  // the fields behind ignore_eos do not exist
  o.temperature = -1;
  Loaded l(kGguf);
  EXPECT_EQ(l.generate(o).size(), 3u);
}

const weft::Options kOptions = {.backend = "reference", .kv = "f32"};

weft::Runtime runtime() {
  return *weft::Runtime::create({.threads = 1, .plugin_folders = {kPlugins[0]}, .use_environment = false});
}

TEST(Cpp, A_preset_answers_piece_by_piece) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok()) << lm.status().message();
  weft::Pieces pieces = lm->chat("hello", {.max_tokens = 8, .greedy = true});
  std::string text;
  for (std::string_view piece : pieces) text += piece;
  EXPECT_TRUE(pieces.status().ok()) << pieces.status().message();
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text, pieces.text());
  EXPECT_EQ(*lm->chat("hello", {.max_tokens = 8, .greedy = true}).all(), text);
  EXPECT_TRUE(pieces.stop() == "length" || pieces.stop() == "eos") << pieces.stop();
}

TEST(Cpp, Tokenizing_goes_both_ways) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  auto ids = lm->tokenize("hello again", false);
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*lm->detokenize(*ids), "hello again");
}

TEST(Cpp, Many_texts_are_encoded_with_the_bytes_each_token_stands_for) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const std::vector<std::string_view> texts = {"hello again", "", "hello hello"};
  auto encodings = lm->encode(texts, false);
  ASSERT_TRUE(encodings.ok()) << encodings.status().message();
  ASSERT_EQ(encodings->size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto& e = (*encodings)[i];
    EXPECT_EQ(e.ids, *lm->tokenize(texts[i], false));
    ASSERT_EQ(e.offsets.size(), e.ids.size());
    std::uint64_t at = 0;
    for (const auto& [begin, end] : e.offsets) {
      EXPECT_EQ(begin, at);
      at = end;
    }
    EXPECT_EQ(at, texts[i].size());
  }
}

TEST(Cpp, Tokens_are_found_by_id_and_by_text) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const auto text = lm->token(5);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*lm->token_id(*text), 5);
  EXPECT_EQ(lm->token(-1).status().code(), weft::Code::kNotFound);
  EXPECT_EQ(lm->token_id("no such token, surely").status().code(), weft::Code::kNotFound);
}

TEST(C, A_detokenizer_gives_the_text_as_ids_come) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const auto ids = *lm->tokenize("hello again", false);
  weft_detokenizer* stream = nullptr;
  ASSERT_TRUE(good(weft_detokenizer_new(lm->handle(), 1, &stream)));
  std::string text;
  weft_str piece{};
  for (const std::int32_t id : ids) {
    ASSERT_TRUE(good(weft_detokenizer_push(stream, id, &piece)));
    text.append(piece.data, piece.size);
  }
  ASSERT_TRUE(good(weft_detokenizer_flush(stream, &piece)));
  text.append(piece.data, piece.size);
  EXPECT_EQ(text, "hello again");
  weft_detokenizer_free(stream);
}

TEST(Cpp, A_chat_remembers_as_if_it_had_been_told_all_at_once) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const weft::Sampling sampling{.max_tokens = 5, .greedy = true};
  weft::Chat chat(*lm, "be brief");
  const std::string first = *chat.say("hello", sampling).all();
  const std::string second = *chat.say("and again", sampling).all();
  auto ids = lm->chat_ids({{"system", "be brief"}, {"user", "hello"}, {"assistant", first}, {"user", "and again"}});
  ASSERT_TRUE(ids.ok());
  Loaded fresh(kGguf);
  weft_generate_options o = greedy(5);
  o.ignore_eos = 0;
  EXPECT_EQ(*lm->detokenize(fresh.generate(o, *ids)), second);
}

TEST(Cpp, A_chat_template_is_told_arguments_and_chosen_by_name) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const std::vector<weft::Message> messages = {{"user", "hello"}};
  const auto whole = lm->chat_ids(messages);
  const auto without = lm->chat_ids(messages, {.arguments_json = R"({"add_generation_prompt": false})"});
  ASSERT_TRUE(whole.ok() && without.ok());
  ASSERT_LT(without->size(), whole->size());
  EXPECT_TRUE(std::equal(without->begin(), without->end(), whole->begin()));
  EXPECT_EQ(*lm->chat_ids(messages, {.tools_json = "[]", .template_name = "default"}), *whole);
  EXPECT_EQ(lm->chat_ids(messages, {.template_name = "rag"}).status().code(), weft::Code::kNotFound);
  EXPECT_EQ(lm->chat_ids(messages, {.arguments_json = "[1]"}).status().code(), weft::Code::kInvalidArgument);
}

TEST(Cpp, A_failure_is_a_status_of_the_stream) {
  auto lm = weft::CausalLM::from_preset(kWindowed, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  weft::Pieces pieces = lm->chat("hello");
  for (std::string_view piece : pieces) ADD_FAILURE() << piece;
  EXPECT_EQ(pieces.status().code(), weft::Code::kFailedPrecondition);  // the model has no tokenizer
  EXPECT_FALSE(weft::CausalLM::from_preset("/nowhere", kOptions, runtime()).ok());
}

TEST(Cpp, Models_that_are_given_one_runtime_share_it) {
  const weft::Runtime shared = runtime();
  auto a = weft::CausalLM::from_preset(kGguf, kOptions, shared),
       b = weft::CausalLM::from_preset(kWindowed, kOptions, shared);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a->handle(), b->handle());
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto one = *weft::Runtime::create({.threads = 2, .plugin_folders = {kPlugins[0]}, .use_environment = false});
  const auto with_one = threads();
  auto c = weft::CausalLM::from_preset(kGguf, kOptions, one), d = weft::CausalLM::from_preset(kGguf, kOptions, one);
  ASSERT_TRUE(c.ok() && d.ok());
  EXPECT_EQ(threads(), with_one);
  EXPECT_FALSE(c->chat("hello", {.max_tokens = 3, .greedy = true}).all()->empty());
}

TEST(Cpp, What_a_host_wants_to_know_of_a_model_is_told) {
  auto lm = weft::CausalLM::from_preset(
      kGguf, {.backend = "reference", .precision = "exact", .context = 64, .step_tokens = 32}, runtime());
  ASSERT_TRUE(lm.ok()) << lm.status().message();
  EXPECT_EQ(lm->context(), 64);
  EXPECT_EQ(lm->step_tokens(), 32);
  EXPECT_GT(lm->trained_context(), 0);
  EXPECT_TRUE(lm->has_chat_template());
  const auto stops = lm->stop_ids();
  ASSERT_TRUE(stops.ok());
  EXPECT_FALSE(stops->empty());
  EXPECT_NE(lm->summary().find("backend reference, precision exact"), std::string::npos) << lm->summary();
  const std::string json = *lm->describe();
  for (const char* part : {"\"trained_context\":", "\"stop_ids\":[", "\"precision\":\"exact\"",
                           "\"backends\":[\"reference\"]", "\"chat_templates\":[\"default\"]", "\"config\":{",
                           "\"general.architecture\":\"llama\"", "\"temperature\":{\"value\":0.8,\"from\":\"weft\"}"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
  auto raw = weft::CausalLM::from_preset(kWindowed, kOptions, runtime());
  ASSERT_TRUE(raw.ok());
  EXPECT_FALSE(raw->has_chat_template());
}

TEST(Cpp, A_chat_is_rendered_as_text) {
  auto lm = weft::CausalLM::from_preset(kGguf, kOptions, runtime());
  ASSERT_TRUE(lm.ok());
  const std::vector<weft::Message> messages = {{"user", "hello"}};
  const auto text = lm->chat_text(messages);
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_NE(text->find("hello"), std::string::npos);
  EXPECT_EQ(*lm->tokenize(*text, false), *lm->chat_ids(messages));
}

TEST(Cpp, A_turn_that_fails_leaves_no_trace_in_a_chat) {
  auto lm = weft::CausalLM::from_preset(kGguf, {.backend = "reference", .context = 64}, runtime());
  ASSERT_TRUE(lm.ok());
  const weft::Sampling few{.max_tokens = 2, .greedy = true};
  weft::Chat chat(*lm);
  const std::string first = *chat.say("hello", few).all();
  std::string much;
  for (int i = 0; i < 100; ++i) much += "hello ";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(chat.say(much, few).all().status().code(), weft::Code::kOutOfRange);
  const std::string third = *chat.say("again", few).all();
  const auto said = chat.messages();
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[1].content, first);
  EXPECT_EQ(said[2].content, "again");
  weft::Chat other(*lm);
  (void)other.say("hello", few).all();
  EXPECT_EQ(*other.say("again", few).all(), third);
}

}  // namespace
