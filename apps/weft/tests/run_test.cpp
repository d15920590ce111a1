// weft run without a terminal.
#include <gtest/gtest.h>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"
#include "tests/hostile_files.hpp"
#include "tests/sanitizers.hpp"

namespace weft::test {
namespace {

Json run_json(std::vector<std::string> arguments, const Given& given = {}) {
  arguments.insert(arguments.begin(), "run");
  arguments.push_back("--json");
  const Outcome o = weft(arguments, given);
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.out.find('\n'), o.out.size() - 1) << "one line";
  auto parsed = parse_json(o.out);
  EXPECT_TRUE(parsed.ok()) << o.out;
  return parsed.ok() ? *parsed : Json::object();
}

/// The message of a run that failed as it should.
std::string message(const Outcome& o) {
  EXPECT_EQ(o.exit_code, 1) << o.err;
  EXPECT_EQ(o.out, "");
  return o.err;
}

TEST(Run, Greedy_tokens_are_those_of_transformers) {
  for (const char* name : {"llama/llama1", "llama/llama31_rope", "mistral/mistral_window"}) {
    const std::vector<int32_t> ids = golden_ids(name, "ids"), greedy = golden_ids(name, "greedy");
    const Json r = run_json({golden(name), "--ids", joined(ids), "--greedy", "--ignore-eos", "--max-tokens",
                             std::to_string(greedy.size())});
    EXPECT_EQ(r["ids"], Json(greedy)) << name;
    EXPECT_EQ(r["stop"], "length");
    EXPECT_EQ(r["timings"]["prompt_tokens"], ids.size());
  }
}

TEST(Run, Json_is_one_object_with_new_tokens_only) {
  const Json r = run_json({chat_model(), "Hello", "--greedy", "--max-tokens", "5"});
  EXPECT_LE(r["ids"].size(), 5u);
  EXPECT_TRUE(r["text"].is_string());
  EXPECT_TRUE(r["stop"] == "length" || r["stop"] == "eos") << r.dump();
  EXPECT_TRUE(r["timings"].is_object());
  EXPECT_TRUE(r["seed"].is_number_unsigned());
  EXPECT_EQ(r.size(), 5u);
}

TEST(Run, Puts_the_prompt_into_the_template_unless_raw) {
  const Json chat = run_json({chat_model(), "Hello", "--max-tokens", "0"});
  const Json raw = run_json({chat_model(), "Hello", "--raw", "--max-tokens", "0"});
  const Json system = run_json({chat_model(), "Hello", "--system", "Hello", "--max-tokens", "0"});
  EXPECT_EQ(raw["timings"]["prompt_tokens"], 1);
  EXPECT_GT(chat["timings"]["prompt_tokens"], 1);
  EXPECT_GT(system["timings"]["prompt_tokens"], chat["timings"]["prompt_tokens"]);
  EXPECT_EQ(chat["ids"].size(), 0u);
  EXPECT_EQ(chat["stop"], "length");
}

TEST(Run, Streams_the_text_of_the_json_form) {
  const std::vector<std::string> same = {chat_model(), "Hello", "--greedy", "--max-tokens", "8"};
  std::vector<std::string> plain = same;
  plain.insert(plain.begin(), "run");
  EXPECT_EQ(weft(plain).out, run_json(same)["text"].get<std::string>() + "\n");
}

TEST(Run, Takes_the_prompt_from_a_pipe) {
  const Json given = run_json({chat_model(), "Hello world", "--greedy", "--max-tokens", "4"});
  for (const char* input : {"Hello world", "Hello world\n"}) {
    const Json piped = run_json({chat_model(), "--greedy", "--max-tokens", "4"}, {.input = input});
    EXPECT_EQ(piped["ids"], given["ids"]);
    EXPECT_EQ(piped["timings"]["prompt_tokens"], given["timings"]["prompt_tokens"]);
  }
  EXPECT_NE(message(weft({"run", chat_model()})).find("standard input is empty"), std::string::npos);
}

TEST(Run, Puts_piped_input_behind_the_prompt) {
  auto tokens = [](std::vector<std::string> more, const char* input) {
    more.insert(more.begin(), chat_model());
    more.insert(more.end(), {"--raw", "--max-tokens", "0"});
    return run_json(more, {.input = input})["timings"]["prompt_tokens"].get<int>();
  };
  const int whole = tokens({"Hello\n\nworld world"}, "");
  EXPECT_GT(whole, tokens({"Hello"}, ""));
  EXPECT_EQ(tokens({"Hello"}, "world world\n"), whole);
  EXPECT_EQ(tokens({"Hello", "-"}, "world world\n"), whole);
  EXPECT_EQ(tokens({"-"}, "Hello\n\nworld world\n"), whole);
}

TEST(Run, A_prompt_in_brackets_keeps_them) {
  const std::string prompt = "[Hello, world]";
  const Outcome given = weft({"run", chat_model(), prompt, "--max-tokens", "0", "--json"});
  const Outcome piped = weft({"run", chat_model(), "--max-tokens", "0", "--json"}, {.input = prompt});
  EXPECT_EQ(parse_json(given.out).value()["timings"]["prompt_tokens"],
            parse_json(piped.out).value()["timings"]["prompt_tokens"]);
}

TEST(Run, Several_words_are_one_prompt_and_none_is_refused) {
  const Json one = run_json({chat_model(), "Hello world", "--greedy", "--max-tokens", "4"});
  EXPECT_EQ(run_json({chat_model(), "Hello", "--greedy", "world", "--max-tokens", "4"})["ids"], one["ids"]);
  EXPECT_NE(message(weft({"run", chat_model(), ""})).find("the prompt is empty"), std::string::npos);
  EXPECT_NE(message(weft({"run", chat_model(), "-"})).find("the prompt is empty"), std::string::npos);
}

TEST(Run, Says_when_an_answer_was_cut) {
  const std::vector<std::string> command = {"run", chat_model(), "Hello", "--greedy", "--ignore-eos"};
  std::vector<std::string> few = command, full = command;
  few.insert(few.end(), {"--max-tokens", "2"}), full.insert(full.end(), {"--ctx", "40"});
  EXPECT_NE(weft(few).err.find("weft: 2 tokens, "), std::string::npos);
  EXPECT_TRUE(weft(few).err.ends_with("; cut by --max-tokens 2\n"));
  EXPECT_TRUE(weft(full).err.ends_with("; cut, the context of 40 tokens is full\n"));
}

TEST(Run, Ends_at_a_stop_string_that_spans_tokens) {
  const std::vector<std::string> command = {chat_model(), "Hello", "--greedy", "--ignore-eos", "--max-tokens", "12"};
  const std::string text = run_json(command)["text"];
  ASSERT_GT(text.size(), 8u);
  const std::string stop = text.substr(text.size() / 2 - 2, 5);  // no token of the model is as long
  std::vector<std::string> with_stop = command;
  with_stop.insert(with_stop.end(), {"--stop", "never said", "--stop", stop});
  const Json cut = run_json(with_stop);
  EXPECT_EQ(cut["stop"], "stop");
  EXPECT_EQ(cut["text"], text.substr(0, text.find(stop)));
  with_stop.insert(with_stop.begin(), "run");
  EXPECT_EQ(weft(with_stop).out, cut["text"].get<std::string>() + "\n");
}

TEST(Run, Stop_takes_one_string_and_leaves_the_prompt_alone) {
  const Json with = run_json({chat_model(), "--stop", "[x,y]", "Hello", "--max-tokens", "0"});
  const Json without = run_json({chat_model(), "Hello", "--max-tokens", "0"});
  EXPECT_EQ(with["timings"]["prompt_tokens"], without["timings"]["prompt_tokens"]);
}

TEST(Run, Prompts_may_look_like_commands_or_options) {
  const Json plain = run_json({chat_model(), "--raw", "--max-tokens", "0", "run"});
  EXPECT_GT(plain["timings"]["prompt_tokens"], 0);
  const Outcome o = weft({"run", chat_model(), "--raw", "--max-tokens", "0", "--json", "--", "--greedy"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
}

TEST(Run, Equal_seeds_give_equal_tokens) {
  const std::string m = golden("llama/llama1");
  auto draw = [&](const char* seed) {
    return run_json({m, "--ids", "1,5,9", "--seed", seed, "--temp", "2", "--top-p", "1", "--min-p", "0", "--top-k", "0",
                     "--ignore-eos", "--max-tokens", "16"})["ids"];
  };
  EXPECT_EQ(draw("7"), draw("7"));
  EXPECT_NE(draw("7"), draw("8"));
}

TEST(Run, The_seed_is_another_each_time_and_the_one_told_gives_the_same_tokens) {
  const std::vector<std::string> hot = {
      golden("llama/llama1"), "--ids",        "1,5,9", "--temp", "2", "--top-p", "1", "--min-p", "0", "--top-k", "0",
      "--ignore-eos",         "--max-tokens", "12"};
  const Json first = run_json(hot), second = run_json(hot);
  EXPECT_NE(first["seed"], second["seed"]);
  EXPECT_NE(first["ids"], second["ids"]);
  std::vector<std::string> again = hot;
  again.insert(again.end(), {"--seed", first["seed"].dump()});
  EXPECT_EQ(run_json(again)["ids"], first["ids"]);
}

TEST(Run, Verbose_tells_the_sampling_in_force_and_help_the_defaults) {
  const Outcome o = weft(
      {"run", golden("llama/llama1"), "--ids", "1,5,9", "--max-tokens", "1", "-v", "--temp", "0.5", "--seed", "3"});
  EXPECT_NE(o.err.find("weft: sampling: temperature 0.5 (given), top_k 40 (weft), top_p 0.95 (weft), min_p 0.05 "
                       "(weft), seed 3 (given)"),
            std::string::npos)
      << o.err;
  const std::string help = weft({"run", "--help"}).out;
  for (const char* value : {"else 0.8", "else 40", "else 0.95", "else 0.05", "else 1)"})
    EXPECT_NE(help.find(value), std::string::npos) << value;
}

TEST(Run, Samples_as_the_model_wants_unless_told_otherwise) {
  const testing_files::TempFolder folder;
  std::filesystem::copy(golden("llama/llama1"), folder.path(), std::filesystem::copy_options::recursive);
  folder.write("generation_config.json", R"({"do_sample": false, "temperature": 1.9})");
  const std::vector<std::string> command = {folder.path(), "--ids", "1,5,9", "--ignore-eos", "--max-tokens", "8"};
  std::vector<std::string> greedy = command, hot = command;
  greedy[0] = golden("llama/llama1"), greedy.push_back("--greedy");
  hot.insert(hot.end(), {"--temp", "3", "--top-p", "1", "--min-p", "0", "--top-k", "0"});
  EXPECT_EQ(run_json(command)["ids"], run_json(greedy)["ids"]);
  EXPECT_NE(run_json(hot)["ids"], run_json(hot)["ids"]);
}

TEST(Run, Temperature_zero_and_top_k_one_are_greedy) {
  const std::string m = golden("llama/llama1");
  const Json greedy = run_json({m, "--ids", "1,5,9", "--greedy", "--max-tokens", "6"});
  EXPECT_EQ(run_json({m, "--ids", "1,5,9", "--temp", "0", "--max-tokens", "6"})["ids"], greedy["ids"]);
  EXPECT_EQ(run_json({m, "--ids", "1,5,9", "--top-k", "1", "--max-tokens", "6"})["ids"], greedy["ids"]);
}

TEST(Run, Without_a_tokenizer_takes_and_prints_ids) {
  const std::string m = golden("llama/llama1");
  const Json r = run_json({m, "--ids", "1,5,9", "--greedy", "--max-tokens", "3"});
  EXPECT_EQ(r["text"], "");
  EXPECT_EQ(weft({"run", m, "--ids", "1,5,9", "--greedy", "--max-tokens", "3"}).out, r["ids"].dump() + "\n");
  EXPECT_NE(message(weft({"run", m, "hello"})).find("give --ids"), std::string::npos);
}

TEST(Run, The_context_bounds_prompt_and_answer) {
  const Json r = run_json({golden("llama/llama1"), "--ids", "1,5,9", "--greedy", "--ignore-eos", "--ctx", "8"});
  EXPECT_EQ(r["stop"], "length");
  EXPECT_LE(r["ids"].size(), 6u);
  const Outcome small = weft({"run", golden("llama/llama1"), "--ids", "1,2,3,4", "--ctx", "2"});
  EXPECT_NE(message(small).find("--ctx"), std::string::npos);
}

TEST(Run, Tools_that_are_no_list_are_refused_by_name) {
  const TemporaryFolder folder;
  const std::string bad = folder.write("bad.json", "{}"), list = "bad.json: is a JSON object, expected an array";
  EXPECT_NE(message(weft({"run", chat_model(), "Hello", "--tools", bad})).find(list), std::string::npos);
  const Outcome missing = weft({"run", chat_model(), "Hello", "--tools", folder.path("none")});
  EXPECT_NE(message(missing).find("none"), std::string::npos);
}

TEST(Run, Ids_out_of_the_vocabulary_are_refused) {
  for (const char* ids : {"96", "-1", "1.5", "", "1,,2", "99999999999"}) {
    EXPECT_NE(message(weft({"run", golden("llama/llama1"), "--ids", ids})).find("token id"), std::string::npos) << ids;
  }
}

TEST(Run, Settings_of_weft_json_are_taken_and_options_override_them) {
  const TemporaryFolder folder;
  const std::string config = folder.write("weft.json", R"({"ctx": 2, "backend": "reference", "threads": 1})");
  EXPECT_EQ(weft({"run", golden("llama/llama1"), "--ids", "1,2,3", "--config", config}).exit_code, 1);
  EXPECT_EQ(weft({"run", golden("llama/llama1"), "--ids", "1,2,3", "--ctx", "8", "--config", config}).exit_code, 0);
  const Given variable{.environment = {{"WEFT_CONFIG", config}}};
  EXPECT_EQ(weft({"run", golden("llama/llama1"), "--ids", "1,2,3"}, variable).exit_code, 1);
}

TEST(Run, Memory_that_runs_out_is_one_line) {
#if WEFT_ASAN || WEFT_TSAN
  GTEST_SKIP() << "sanitizers reserve more address space than the limit";
#endif
  for (uint64_t megabytes : {34, 40, 60, 80, 120}) {  // 30 end it before main: libraries and their static objects
    const Outcome o = weft(
        {"run", chat_model(), "Hello", "--json", "--threads", "1", "--max-tokens", "2", "--ctx", "1000000"},
        {.memory = megabytes << 20});
    if (o.exit_code == 0 || o.exit_code == 127) continue;  // 127: too little to load the program
    EXPECT_EQ(o.signal, 0) << megabytes << o.err;
    EXPECT_EQ(o.exit_code, 1) << megabytes << o.err;
    EXPECT_EQ(o.out, "");
    EXPECT_NE(o.err.find("weft: error: "), std::string::npos) << o.err;
  }
}

}  // namespace
}  // namespace weft::test
