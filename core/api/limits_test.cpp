// The limits that a host sets: time, memory of texts, and cancelling from another thread.
#include <chrono>
#include <thread>

#include "api_testing.hpp"
#include "weft/weft.hpp"

namespace {

using namespace weft::api_test;
using std::chrono::steady_clock;

weft_limits limits(int64_t timeout_ms, uint64_t text_bytes = UINT64_MAX, const weft_cancel* cancel = nullptr) {
  weft_limits l = WEFT_INIT(weft_limits);
  l.timeout_ms = timeout_ms, l.text_bytes = text_bytes, l.cancel = cancel;
  return l;
}

std::string long_text(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "hello again and again, ";
  return text;
}

/// The code of each kind of call within `l`, in the order: load, tokenize, encode, chat, chat text, generation.
std::vector<weft_code> codes_within(Loaded& m, const weft_limits& l, const std::string& text) {
  std::vector<weft_code> codes;
  const auto note = [&](weft_status* s) { codes.push_back(weft_status_code(s)), weft_status_free(s); };
  weft_model_options load = WEFT_INIT(weft_model_options);
  load.backend = "reference", load.limits = &l;
  weft_model* model = nullptr;
  note(weft_model_load(m.runtime, kGguf.c_str(), &load, &model));
  weft_model_free(model);
  weft_tokenize_options t = WEFT_INIT(weft_tokenize_options);
  t.limits = &l;
  const weft_str given{text.data(), text.size()};
  weft_ids ids{};
  note(weft_model_tokenize_with(m.model, given, &t, &ids));
  weft_ids_free(&ids);
  weft_encoding encoding{};
  note(weft_model_encode_with(m.model, &given, 1, &t, &encoding));
  weft_encoding_free(&encoding);
  const std::string messages = R"([{"role":"user","content":")" + text + "\"}]";
  const weft_str said{messages.data(), messages.size()};
  weft_chat_options c = WEFT_INIT(weft_chat_options);
  c.limits = &l;
  note(weft_model_chat_with(m.model, said, &c, &ids));
  weft_ids_free(&ids);
  weft_text rendered{};
  note(weft_model_chat_text(m.model, said, &c, &rendered));
  weft_text_free(&rendered);
  weft_generate_options g = greedy(1);
  g.limits = &l;
  const int32_t prompt[] = {5, 6, 7};
  weft_generation* generation = nullptr;
  weft_status* s = weft_generation_new(m.session, m.sequence, prompt, 3, &g, &generation);
  weft_piece piece = WEFT_INIT(weft_piece);
  note(s != nullptr ? s : weft_generation_next(generation, &piece));
  weft_generation_free(generation);
  return codes;
}

std::vector<weft_code> six(weft_code code) { return std::vector<weft_code>(6, code); }

TEST(Limits, A_deadline_of_zero_ends_every_call_and_leaves_all_usable) {
  Loaded l(kGguf), other(kGguf);
  EXPECT_EQ(codes_within(l, limits(0), "hello"), six(WEFT_DEADLINE_EXCEEDED));
  EXPECT_EQ(codes_within(l, limits(INT64_MAX), "hello"), six(WEFT_OK));  // no end, and no overflow
  good(weft_session_rollback(l.session, l.sequence, 0));
  EXPECT_EQ(l.generate(greedy(4)), other.generate(greedy(4)));
}

TEST(Limits, What_was_raised_before_ends_every_call) {
  Loaded l(kGguf);
  weft_cancel* cancel = nullptr;
  ASSERT_TRUE(good(weft_cancel_new(&cancel)));
  const weft_limits with = limits(-1, UINT64_MAX, cancel);
  EXPECT_EQ(codes_within(l, with, "hello"), six(WEFT_OK));
  weft_cancel_raise(cancel);
  EXPECT_EQ(codes_within(l, with, "hello"), six(WEFT_CANCELLED));
  weft_cancel_free(cancel);
}

TEST(Limits, Memory_of_texts_is_refused_by_name_and_a_larger_limit_changes_nothing) {
  Loaded l(kGguf);
  const std::string text = long_text(10'000);
  weft_tokenize_options t = WEFT_INIT(weft_tokenize_options);
  const weft_limits little = limits(-1, 100);
  t.limits = &little;
  weft_ids ids{};
  weft_status* s = weft_model_tokenize_with(l.model, {text.data(), text.size()}, &t, &ids);
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_RESOURCE_EXHAUSTED});
  EXPECT_NE(message(s).find("more than 100 bytes, which the host's text_bytes allows"), std::string::npos);
  const std::vector<weft_code> codes = codes_within(l, little, text);
  const weft_code out = WEFT_RESOURCE_EXHAUSTED;
  EXPECT_EQ(codes, (std::vector<weft_code>{WEFT_OK, out, out, out, out, WEFT_OK}));
  const weft_limits enough = limits(-1, 1 << 20);
  EXPECT_EQ(codes_within(l, enough, "hello"), six(WEFT_OK));
}

TEST(Limits, Another_thread_ends_a_text_that_is_being_tokenized) {
  Loaded l(kGguf);
  weft_cancel* cancel = nullptr;
  ASSERT_TRUE(good(weft_cancel_new(&cancel)));
  const weft_limits with = limits(-1, UINT64_MAX, cancel);
  weft_tokenize_options t = WEFT_INIT(weft_tokenize_options);
  t.limits = &with;
  const std::string text = long_text(std::size_t{32} << 20);  // takes seconds
  weft_ids ids{};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    weft_cancel_raise(cancel);
  });
  weft_status* s = nullptr;
  while (s == nullptr) {  // again where the other thread is late
    weft_ids_free(&ids);
    s = weft_model_tokenize_with(l.model, {text.data(), text.size()}, &t, &ids);
  }
  other.join();
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_CANCELLED});
  weft_status_free(s);
  EXPECT_TRUE(good(weft_model_tokenize(l.model, {"hello", 5}, 0, &ids)));
  weft_ids_free(&ids);
  weft_cancel_free(cancel);
}

TEST(Limits, A_prompt_is_left_between_the_steps_that_read_it_and_the_sequence_goes_on) {
  weft_model_options m = WEFT_INIT(weft_model_options);
  m.step_tokens = 1, m.context = 100'000;
  Loaded l(kGguf, isolated(), m), fresh(kGguf, isolated(), m);
  weft_cancel* cancel = nullptr;
  ASSERT_TRUE(good(weft_cancel_new(&cancel)));
  const weft_limits with = limits(-1, UINT64_MAX, cancel);
  weft_generate_options g = greedy(1);
  g.limits = &with;
  const std::vector<int32_t> prompt(90'000, 5);  // in as many steps
  weft_generation* generation = nullptr;
  ASSERT_TRUE(good(weft_generation_new(l.session, l.sequence, prompt.data(), prompt.size(), &g, &generation)));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    weft_cancel_raise(cancel);
  });
  weft_piece piece = WEFT_INIT(weft_piece);
  weft_status* s = weft_generation_next(generation, &piece);
  other.join();
  weft_cancel_free(cancel);  // the generation keeps what it needs
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_CANCELLED});
  weft_status_free(s);
  weft_generation_free(generation);
  int64_t length = -1;
  EXPECT_TRUE(good(weft_session_length(l.session, l.sequence, &length)));
  EXPECT_LT(length, 90'000);
  EXPECT_TRUE(good(weft_session_rollback(l.session, l.sequence, 0)));
  EXPECT_EQ(l.generate(greedy(3)), fresh.generate(greedy(3)));
}

TEST(Limits, That_cannot_be_are_refused) {
  Loaded l(kGguf);
  weft_tokenize_options t = WEFT_INIT(weft_tokenize_options);
  weft_limits bad = limits(-2);
  t.limits = &bad;
  weft_ids ids{};
  weft_status* s = weft_model_tokenize_with(l.model, {"hello", 5}, &t, &ids);
  EXPECT_EQ(weft_status_code(s), weft_code{WEFT_INVALID_ARGUMENT});
  EXPECT_NE(message(s).find("timeout_ms is -2"), std::string::npos);
  bad = {};
  EXPECT_NE(message(weft_model_tokenize_with(l.model, {"hello", 5}, &t, &ids)).find("WEFT_INIT(weft_limits)"),
            std::string::npos);
}

TEST(CppLimits, Hold_for_a_load_a_text_and_a_whole_answer) {
  const auto runtime =
      *weft::Runtime::create({.threads = 1, .plugin_folders = {kPlugins[0]}, .use_environment = false});
  const weft::Limits over{.deadline = steady_clock::now()};
  weft::Options options{.backend = "reference", .limits = over};
  EXPECT_EQ(weft::CausalLM::from_preset(kGguf, options, runtime).status().code(), weft::Code::kDeadlineExceeded);
  options.limits = {.deadline = steady_clock::now() + std::chrono::hours(1)};
  const auto lm = weft::CausalLM::from_preset(kGguf, options, runtime);
  ASSERT_TRUE(lm.ok()) << lm.status().message();
  EXPECT_EQ(lm->tokenize("hello", true, true, over).status().code(), weft::Code::kDeadlineExceeded);
  EXPECT_EQ(lm->chat("hello", {.limits = over}).all().status().code(), weft::Code::kDeadlineExceeded);

  const auto cancel = weft::Cancel::create();
  ASSERT_TRUE(cancel.ok());
  const weft::Sampling sampling{.max_tokens = 50, .greedy = true, .limits = {.cancel = *cancel}};
  weft::Chat chat(*lm);
  weft::Pieces& answer = chat.say("hello", sampling);
  for (std::string_view piece : answer) {
    (void)piece;
    cancel->raise();
  }
  EXPECT_EQ(answer.status().code(), weft::Code::kCancelled);
  EXPECT_EQ(chat.say("again", sampling).all().status().code(), weft::Code::kCancelled);
  EXPECT_TRUE(chat.say("again", {.max_tokens = 2, .greedy = true}).all().ok());
}

}  // namespace
