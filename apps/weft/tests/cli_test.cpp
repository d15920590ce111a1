// The command from outside: standard output byte for byte, one line on standard error, exit codes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"
#include "weft/abi/base.h"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

/// One line "weft: error: ..." that holds `part`.
void expect_error(const Outcome& o, int exit_code, const std::string& part) {
  EXPECT_EQ(o.exit_code, exit_code) << o.err;
  EXPECT_EQ(o.signal, 0);
  EXPECT_TRUE(o.err.starts_with("weft: error: ")) << o.err;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_NE(o.err.find(part), std::string::npos) << o.err;
}

TEST(Usage, A_missing_or_unknown_command_is_a_usage_error) {
  expect_error(weft({}), 2, "weft --help");
  for (const char* name : {"new-plugin", "conformance"}) {
    const Outcome o = weft({name, "x"});
    expect_error(o, 2, std::string("\"") + name + "\" is not a command, known are run, ");
    EXPECT_EQ(o.out, "") << name;
  }
}

TEST(Usage, A_mistyped_command_or_option_is_answered_with_the_one_that_was_meant) {
  expect_error(weft({"rnu", "x"}), 2, "\"rnu\" is not a command; did you mean run? (see weft --help)");
  expect_error(weft({"insepct", "x"}), 2, "did you mean inspect?");
  expect_error(weft({"run", "--temperature", "0.5", "M", "hi"}), 2,
               "weft run has no option --temperature; did you mean --temp? (see weft run --help)");
  expect_error(weft({"run", "M", "hi", "--tmp=1"}), 2, "weft run has no option --tmp; did you mean --temp?");
  expect_error(weft({"run", "-n", "5", "M", "hi"}), 2, "weft run has no option -n; a text that begins with - needs");
  expect_error(weft({"bench", "M", "-vp", "x", "-rx", "-q"}), 2, "weft bench has no option -q");
  expect_error(weft({"tokenize", "M", "two", "words"}), 2, "\"words\" is one argument too many");
  expect_error(weft({"help", "rnu"}), 2, "did you mean run?");
}

TEST(Usage, What_follows_an_option_is_its_value_whatever_it_looks_like) {
  expect_error(weft({"run", "M", "--system", "--temperature", "--stop", "-x", "--ctx", "0"}), 2, "--ctx");
  expect_error(weft({"run", "/nonexistent/model", "--", "--temperature"}), 1, "/nonexistent/model");
}

TEST(Usage, Help_and_version_are_commands_too) {
  EXPECT_EQ(weft({"help"}).out, weft({"--help"}).out);
  EXPECT_EQ(weft({"help", "run"}).out, weft({"run", "--help"}).out);
  for (const char* name : {"version", "-V"}) EXPECT_EQ(weft({name}).out, weft({"--version"}).out) << name;
}

TEST(Usage, Help_and_version_go_go_to_standard_output) {
  for (const char* name :
       {"run", "logits", "embed", "classify", "tokenize", "template", "inspect", "plugins", "bench"}) {
    const Outcome o = weft({name, "--help"});
    EXPECT_EQ(o.exit_code, 0);
    EXPECT_EQ(o.err, "");
    EXPECT_NE(o.out.find("--json"), std::string::npos) << name;
  }
  EXPECT_EQ(weft({"--version"}).out.substr(0, 5), "weft ");
}

TEST(Usage, Every_command_with_a_model_takes_the_common_options) {
  for (const char* name : {"run", "logits", "embed", "classify", "tokenize", "template", "inspect", "bench"}) {
    const Outcome o = weft({name, "--help"});
    for (const char* option :
         {"--backend", "--strict-device", "--threads", "--precision", "--ctx", "--kv", "--config"}) {
      EXPECT_NE(o.out.find(option), std::string::npos) << name << " " << option;
    }
  }
}

TEST(Usage, Values_out_of_range_are_refused_by_the_name_of_their_option) {
  const std::string m = golden("llama/llama1");
  const std::pair<const char*, const char*> bad[] = {
      {"--temp", "nan"}, {"--temp", "-1"}, {"--temp", "inf"}, {"--top-p", "1.5"}, {"--top-p", "nan"},
      {"--min-p", "-0.1"}, {"--min-p", "x"}, {"--top-k", "-1"}, {"--repeat-penalty", "0"}, {"--seed", "-1"},
      {"--max-tokens", "-2"}, {"--ctx", "0"}, {"--kv", "f64"}, {"--precision", "best"}, {"--threads", "-1"}};
  for (const auto& [option, value] : bad) expect_error(weft({"run", m, "--ids", "1", option, value}), 2, option);
}

TEST(Usage, Options_that_contradict_each_other_are_refused) {
  const std::string m = chat_model();
  expect_error(weft({"run", m, "hello", "--ids", "1"}), 2, "--ids");
  expect_error(weft({"run", m, "hello", "--raw", "--system", "x"}), 2, "--raw");
  expect_error(weft({"tokenize", m, "text", "--jsonl"}), 2, "--jsonl");
  expect_error(weft({"embed", m, "text", "--jsonl"}), 2, "--jsonl");
  expect_error(weft({"bench", m, "-p", "0", "-n", "0"}), 2, "measure");
}

TEST(Usage, Usage_errors_name_the_help_of_their_command) {
  expect_error(weft({"logits", golden("llama/llama1"), "--ids", "1"}), 2, "see weft logits --help");
}

TEST(Errors, Name_what_was_not_found) {
  expect_error(weft({"run", "/nonexistent/model", "hi"}), 1, "/nonexistent/model");
  const std::string m = golden("llama/llama1");
  expect_error(weft({"inspect", m, "--backend", "nosuch"}), 1, "nosuch");
  expect_error(weft({"run", m, "--ids", "1", "--backend", "nosuch"}), 1, "nosuch");
  expect_error(weft({"run", m, "--ids", "1"}, {.environment = {{"WEFT_BACKEND", "nosuch"}}}), 1, "nosuch");
  expect_error(weft({"run", m, "--ids", "1", "--architecture", "nosuch"}), 1, "nosuch");
  expect_error(weft({"run", m, "--ids", "1", "--config", "/nonexistent/weft.json"}), 1, "/nonexistent/weft.json");
  expect_error(weft({"inspect", "nope://org/name"}), 1, "nope://");
}

TEST(Errors, A_name_that_is_nothing_here_may_be_a_handle) {
  const std::string no_folder = ": no such file or folder";
  expect_error(weft({"run", "org/name-GGUF", "hi"}), 1, no_folder + "; did you mean hf://org/name-GGUF?");
  expect_error(weft({"inspect", "org/name:Q8_0"}), 1, "; did you mean hf://org/name:Q8_0?");
  expect_error(weft({"run", "hf:/org/name", "hi"}), 1, "; did you mean hf://org/name?");
  for (const char* path : {"./org/name", "/org/name", "models/a/b", "models/a.gguf", "name"})
    EXPECT_TRUE(weft({"inspect", path}).err.ends_with(no_folder + "\n")) << path;
}

TEST(Errors, An_unknown_key_of_weft_json_lists_the_known_ones) {
  const TemporaryFolder folder;
  const std::string config = folder.write("weft.json", R"({"bakend": "reference"})");
  expect_error(weft({"plugins", "--config", config}), 1, "backend, architecture, threads");
}

TEST(Errors, A_malformed_weft_json_is_told_by_line_and_column) {
  const TemporaryFolder folder;
  const std::string config = folder.write("weft.json", "{\n  // as it was\n  \"ctx\": ,\n}\n");
  expect_error(weft({"plugins", "--config", config}), 1, "weft.json: malformed JSON at line 3, column 10");
}

TEST(Errors, Stay_one_line_without_control_characters) {
  expect_error(weft({"inspect", "/no\nsuch\x1b[2Jmodel"}), 1, "/no such [2Jmodel");
}

TEST(Output, That_cannot_be_written_is_an_error_and_no_crash) {
  const std::string m = chat_model();
  const std::vector<std::vector<std::string>> commands = {
      {"tokenize", m, "hello"}, {"inspect", m}, {"plugins"}, {"--help"},
      {"run", m, "hi", "--max-tokens", "4"}, {"run", m, "hi", "--json", "--max-tokens", "4"}};
  for (const std::vector<std::string>& command : commands) {
    for (const Given& given : {Given{.output_path = "/dev/full"}, Given{.close_output = true}}) {
      const Outcome o = weft(command, given);
      EXPECT_EQ(o.exit_code, 1) << command[0] << o.err;
      EXPECT_NE(o.err.find("weft: error: standard output: cannot be written"), std::string::npos) << o.err;
    }
  }
}

TEST(Output, Whose_reader_has_gone_ends_the_command_as_it_ends_others) {
  std::string lines;
  for (int i = 0; i < 10000; ++i) lines += "\"hello\"\n";
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"tokenize", chat_model(), "--jsonl"}, {"plugins"}, {"--help"}}) {
    const Outcome o = weft(command, {.input = lines, .broken_pipe = true});
    EXPECT_EQ(o.signal, SIGPIPE) << command[0];
    EXPECT_EQ(o.err, "") << command[0];
  }
}

TEST(Tokenize, Agrees_with_the_goldens_in_both_forms) {
  const Json cases = parse_json(read_file(golden("llama/gguf_f32") + "/tokenizer_cases.json")).value();
  std::string texts, ids;
  for (const Json& c : cases) {
    const Outcome one = weft({"tokenize", chat_model(), "--", c["text"].get<std::string>()});
    EXPECT_EQ(one.out, c["ids"].dump() + "\n");
    EXPECT_EQ(one.err, "");
    texts += c["text"].dump() + "\n", ids += c["ids"].dump() + "\n";
  }
  const Outcome all = weft({"tokenize", chat_model(), "--jsonl"}, {.input = texts});
  EXPECT_EQ(all.out, ids);
  EXPECT_EQ(all.exit_code, 0);
}

TEST(Tokenize, Decodes_what_it_encoded) {
  const std::string ids = weft({"tokenize", chat_model(), "Hello world"}).out;
  EXPECT_EQ(ids, "[124,127]\n");
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode", "124,127"}).out, "Hello world\n");
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode", "[124,127]"}).out, "Hello world\n");
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode", "--jsonl"}, {.input = ids + "[]\n"}).out,
            "\"Hello world\"\n\"\"\n");
}

TEST(Tokenize, Without_a_text_takes_standard_input) {
  const Outcome piped = weft({"tokenize", chat_model()}, {.input = "Hello world\n"});
  EXPECT_EQ(piped.out, "[124,127]\n") << piped.err;
  EXPECT_EQ(weft({"tokenize", chat_model(), "-"}, {.input = "Hello world"}).out, piped.out);
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode"}, {.input = piped.out}).out, "Hello world\n");
  for (const char* command : {"tokenize", "embed"})
    expect_error(weft({command, chat_model()}), 1, "no text: standard input is empty");
  Terminal t({"tokenize", chat_model()});
  EXPECT_NE(t.read_until("TEXT or --jsonl is required"), "");
  EXPECT_EQ(t.finish().exit_code, 2);
}

TEST(Tokenize, Special_tokens_are_text_when_asked) {
  const Outcome special = weft({"tokenize", chat_model(), "<|im_end|>"});
  EXPECT_EQ(special.out, "[2]\n");
  EXPECT_NE(weft({"tokenize", chat_model(), "--no-parse-special", "<|im_end|>"}).out, "[2]\n");
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode", "2,124"}).out, "<|im_end|>Hello\n");
  EXPECT_EQ(weft({"tokenize", chat_model(), "--decode", "--no-special", "2,124"}).out, "Hello\n");
}

TEST(Tokenize, Needs_no_tensors) {
  const TemporaryFolder folder;
  fs::copy_file(golden("text/qwen2.tokenizer.json"), folder.path("tokenizer.json"));
  EXPECT_EQ(weft({"tokenize", folder.path(), "", "--no-special"}).out, "[]\n");
  folder.write("model.safetensors", "broken");
  EXPECT_EQ(weft({"tokenize", folder.path(), "", "--no-special"}).out, "[]\n");
}

TEST(Tokenize, Says_which_line_is_wrong_after_the_good_ones) {
  const Outcome o = weft({"tokenize", chat_model(), "--jsonl"}, {.input = "\"Hello\"\n[1]\n"});
  expect_error(o, 1, "line 2");
  EXPECT_EQ(o.out, "[124]\n");
  expect_error(weft({"tokenize", chat_model(), "--decode", "--jsonl"}, {.input = "[1, 99999]\n"}), 1, "99999");
  expect_error(weft({"tokenize", chat_model(), "--decode", "--jsonl"}, {.input = "{\n"}), 1, "line 1");
  expect_error(weft({"tokenize", chat_model(), "--decode", "1,,2"}), 1, "\"\"");
}

TEST(Template, Renders_byte_for_byte_without_a_newline_of_its_own) {
  const TemporaryFolder folder;
  const std::string source = folder.write("t.jinja", "{{ messages[0]['content'] }}|{{ bos_token }}");
  const std::string context =
      folder.write("c.json", R"({"messages": [{"role": "user", "content": "a\tb"}], "bos_token": "<s>"})");
  const Outcome o = weft({"template", source, "--context", context});
  EXPECT_EQ(o.out, "a\tb|<s>");
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.exit_code, 0);
}

TEST(Template, Of_a_model_is_the_one_it_carries) {
  const TemporaryFolder folder;
  const std::string context = folder.write(
      "c.json", R"({"messages": [{"role": "user", "content": "hi"}], "add_generation_prompt": true})");
  EXPECT_EQ(weft({"template", chat_model(), "--context", context}).out,
            "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
  fs::copy_file(chat_model(), folder.path("renamed.bin"));
  EXPECT_EQ(weft({"template", folder.path("renamed.bin"), "--context", context}).err.find("jinja"), std::string::npos);
  expect_error(weft({"template", golden("llama/llama1"), "--context", context}), 1, "llama1");
}

TEST(Template, Errors_name_the_file_they_are_in) {
  const TemporaryFolder folder;
  const std::string good = folder.write("c.json", R"({"messages": []})"), list = folder.write("list.json", "[]");
  const std::string broken = folder.write("broken.jinja", "{% if %}");
  const std::string fails = folder.write("fails.jinja", "{{ raise_exception('no') }}");
  expect_error(weft({"template", broken, "--context", good}), 1, "broken.jinja");
  expect_error(weft({"template", fails, "--context", good}), 1, "fails.jinja");
  expect_error(weft({"template", broken, "--context", list}), 1, "list.json");
  expect_error(weft({"template", broken, "--context", folder.path("none.json")}), 1, "none.json");
  expect_error(weft({"template", broken, "--context", folder.path()}), 1, "directory");
}

TEST(Logits, Are_one_tensor_of_a_row_a_token_and_equal_the_last_run) {
  const TemporaryFolder folder;
  const std::vector<int32_t> ids = golden_ids("llama/llama1", "ids");
  const std::string file = folder.path("out.safetensors");
  const Outcome o = weft({"logits", golden("llama/llama1"), "--ids", joined(ids), "-o", file});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_EQ(o.out + o.err, "");
  const std::string bytes = read_file(file);
  uint64_t header = 0;
  ASSERT_GT(bytes.size(), 8u);
  std::memcpy(&header, bytes.data(), 8);
  const Json logits = parse_json(bytes.substr(8, header)).value()["logits"];
  EXPECT_EQ(logits["dtype"], "F32");
  EXPECT_EQ(logits["shape"], Json({ids.size(), 96}));
  EXPECT_EQ(bytes.size(), 8 + header + ids.size() * 96 * 4);
  EXPECT_EQ(header % 8, 0u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  EXPECT_EQ(weft({"logits", golden("llama/llama1"), "--ids", joined(ids), "-o", file, "--json"}).exit_code, 0);
  EXPECT_EQ(read_file(file), bytes);
}

TEST(Logits, Leave_nothing_behind_when_they_fail) {
  const TemporaryFolder folder;
  const std::string m = golden("llama/llama1"), file = folder.path("out.safetensors");
  expect_error(weft({"logits", m, "--ids", "1,2000000", "-o", file}), 1, "2000000");
  expect_error(weft({"logits", m, "--ids", "", "-o", file}), 1, "token id");
  expect_error(weft({"logits", m, "--ids", "1,2,", "-o", file}), 1, "token id");
  expect_error(weft({"logits", m, "--ids", "1,x", "-o", file}), 1, "\"x\"");
  expect_error(weft({"logits", m, "--ids", "1", "-o", folder.path("none/out")}), 1, "no folder");
  expect_error(weft({"logits", m, "--ids", "1", "-o", folder.path()}), 1, "is a folder");
  expect_error(weft({"logits", m, "--ids", "1", "-o", "/dev/full"}), 1, "/dev/full");
  EXPECT_TRUE(fs::is_empty(folder.path()));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST(Logits, Replace_the_file_behind_a_link) {
  const TemporaryFolder folder;
  const std::string file = folder.write("old", "old"), link = folder.path("link");
  fs::create_symlink(file, link);
  EXPECT_EQ(weft({"logits", golden("llama/llama1"), "--ids", "1", "-o", link}).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_GT(fs::file_size(file), 96u * 4);
}

TEST(Inspect, Says_at_a_glance_what_a_model_is_and_wants) {
  const Outcome o = weft({"inspect", chat_model(), "--ctx", "64"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  for (const char* part :
       {"name        gguf_f32\n", "family      llama, from gguf\n", "size        20640 parameters in 82.6 kB\n",
        "weights     f32 82.6 kB\n", "context     128 tokens, of which weft uses 64; --ctx changes it\n",
        "chat        by the model's template\n", "memory      about 67.2 MB: weights 82.6 kB, cache of 64 tokens",
        "runs        on cpu\n"}) {
    EXPECT_NE(o.out.find(part), std::string::npos) << part << "\n" << o.out;
  }
  EXPECT_LE(std::count(o.out.begin(), o.out.end(), '\n'), 12);
  const Outcome bare = weft({"inspect", golden("llama/llama1")});
  EXPECT_NE(bare.out.find("chat        no: neither tokenizer.json"), std::string::npos) << bare.out;
}

TEST(Inspect, Explains_format_family_plan_and_config) {
  const Outcome o = weft({"inspect", golden("llama/llama1"), "--backend", "reference", "--explain"});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  for (const char* part : {"format      safetensors", "blueprint   llama", "converter ", "plan ",
                           "backend     reference", "config      hidden_size: 32\n"}) {
    EXPECT_NE(o.out.find(part), std::string::npos) << part << "\n" << o.out;
  }
}

TEST(Inspect, Explains_every_parameter) {
  const Outcome plain = weft({"inspect", chat_model(), "--explain"});
  EXPECT_NE(plain.out.find("<- blk.0.attn_output.weight"), std::string::npos) << plain.out;
  const Outcome o = weft({"inspect", chat_model(), "--explain", "--json", "--graph"});
  auto parsed = parse_json(o.out);
  ASSERT_TRUE(parsed.ok()) << o.out;
  const Json& d = *parsed;
  EXPECT_EQ(d["format"], "gguf");
  int64_t planned = 0;
  for (const char* kind : {"alias", "view", "stream"}) planned += d["plan"][kind].get<int64_t>();
  EXPECT_EQ(planned, static_cast<int64_t>(d["explain"].size()));
  for (const Json& p : d["explain"]) {
    EXPECT_FALSE(p["why"].get<std::string>().empty());
    EXPECT_FALSE(p["from"].empty());
  }
  EXPECT_TRUE(d["graph"].is_string());
}

TEST(Inspect, Lists_config_keys_that_the_family_does_not_know) {
  const TemporaryFolder folder;
  fs::copy_file(golden("llama/llama1") + "/model.safetensors", folder.path("model.safetensors"));
  std::string config = read_file(golden("llama/llama1") + "/config.json");
  config.insert(config.find('{') + 1, "\"frobnication\": 1,");
  folder.write("config.json", config);
  const Outcome o = weft({"inspect", folder.path()});
  EXPECT_NE(o.out.find("note        llama: config key not known to this family, ignored: frobnication\n"),
            std::string::npos)
      << o.out << o.err;
  EXPECT_NE(o.err.find("frobnication"), std::string::npos);
}

TEST(Inspect, Without_explain_is_short_json) {
  const Json d = parse_json(weft({"inspect", golden("mistral/mistral_window"), "--json"}).out).value();
  EXPECT_EQ(d["architecture"], "mistral");
  EXPECT_FALSE(d.contains("explain"));
  EXPECT_GT(d["bytes"].get<int64_t>(), 0);
}

TEST(Plugins, Lists_what_was_found_and_loads_when_asked_why) {
  const Json found = parse_json(weft({"plugins", "--json"}).out).value();
  const Json loaded = parse_json(weft({"plugins", "--json", "--why"}).out).value();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.size(), loaded.size());
  for (const Json& p : found) EXPECT_EQ(p["state"], "found") << p.dump();
  for (const Json& p : loaded) EXPECT_EQ(p["state"], "loaded") << p.dump();
}

TEST(Plugins, Why_tells_of_manifests_that_offer_nothing_this_host_knows) {
  const TemporaryFolder folder;
  folder.write("later.weftplugin.json", fmt::format(
      R"({{"manifest": 1, "id": "com.acme.later", "version": "1.0", "library": "liblater.so",
          "abi": {{"major": {}, "minor": {}}}, "provides": [{{"interface": "weft.backend/9", "name": "x"}}]}})",
      WEFT_ABI_MAJOR, WEFT_ABI_MINOR));
  const std::string config = folder.write("weft.json", R"({"plugins": {"paths": ["."]}})");
  const Outcome o = weft({"plugins", "--why", "--config", config});
  EXPECT_NE(o.out.find("\"provides\" of its manifest has no interface of this host: weft.backend/0, "), o.out.npos)
      << o.out;
}

TEST(Plugins, Why_gives_the_reasons_of_what_is_not_used) {
  const TemporaryFolder folder;
  folder.write("bad.weftplugin.json", "{");
  const std::string config =
      folder.write("weft.json", R"({"plugins": {"paths": ["."], "disable": ["weft.cpu", "*reference*"]}})");
  const Outcome o = weft({"plugins", "--why", "--config", config});
  EXPECT_EQ(o.exit_code, 0) << o.err;
  EXPECT_NE(o.out.find("refused"), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("malformed JSON"), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("disabled"), std::string::npos) << o.out;
  expect_error(weft({"run", golden("llama/llama1"), "--ids", "1", "--config", config}), 1, "backend");
}

TEST(Bench, Rows_are_named_as_llama_bench_names_them) {
  const std::vector<std::string> common = {"bench", golden("llama/llama1"), "--backend", "reference", "-p",
                                           "32",    "-n",                   "4",         "-r",        "2"};
  auto with = [&](std::initializer_list<const char*> more) {
    std::vector<std::string> all = common;
    all.insert(all.end(), more.begin(), more.end());
    return weft(all);
  };
  const Json rows = parse_json(with({"--json"}).out).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["test"], "pp32");
  EXPECT_EQ(rows[1]["test"], "tg4");
  for (const Json& r : rows) {
    for (const char* key : {"tok_s", "sd", "gb_s", "share"}) EXPECT_TRUE(r[key].is_number()) << key;
    EXPECT_GT(r["tok_s"].get<double>(), 0);
    EXPECT_EQ(r["hash"].get<std::string>().size(), 16u);
  }
  const Json deep = parse_json(with({"--json", "-d", "8", "--profile"}).out).value();
  EXPECT_EQ(deep[1]["test"], "tg4 @ d8");
  EXPECT_EQ(deep[1]["segments"][0]["device"], "reference");
  EXPECT_GT(deep[1]["segments"][0]["seconds"].get<double>(), 0);
  const std::string table = with({}).out;
  EXPECT_NE(table.find("| pp32 | "), std::string::npos) << table;
  EXPECT_NE(table.find("read bandwidth"), std::string::npos);
}

TEST(Bench, On_a_terminal_shows_progress_and_erases_it) {
  Terminal t({"bench", golden("llama/llama1"), "-p", "0", "-n", "128", "-r", "1000", "--json"});
  EXPECT_NE(t.read_until("\r\x1b[Kweft: tg128, run "), "");
  const Outcome o = t.finish();
  EXPECT_EQ(o.exit_code, 0);
  EXPECT_NE(o.out.find(" s\r\x1b[K[{\"test\":\"tg128\""), std::string::npos) << o.out;
}

TEST(Bench, Hashes_of_logits_repeat) {
  const std::vector<std::string> command = {"bench", golden("llama/llama1"), "-p", "0", "-n", "4", "-r", "1", "--json"};
  EXPECT_EQ(parse_json(weft(command).out).value()[0]["hash"], parse_json(weft(command).out).value()[0]["hash"]);
}

}  // namespace
}  // namespace weft::test
