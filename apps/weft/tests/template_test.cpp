// Which of a model's chat templates is used, and what it is told.
#include <gtest/gtest.h>

#include "apps/weft/tests/process.hpp"
#include "core/base/json.hpp"
#include "tests/hostile_files.hpp"

namespace weft::test {
namespace {

namespace fs = std::filesystem;

/// A model of tests/golden with a tokenizer, whose templates the test writes.
class ModelFolder : public TemporaryFolder {
 public:
  ModelFolder() {
    for (const char* name : {"config.json", "model.safetensors"}) {
      fs::create_symlink(golden("llama/llama1") + "/" + name, path(name));
    }
    fs::create_symlink(golden("text/llama3.tokenizer.json"), path("tokenizer.json"));
    context_ = write("context.json", R"({"messages": [{"role": "user", "content": "hi"}]})");
    tools_ = write("tools.json", R"([{"name": "f"}])");
  }
  std::string rendered(std::vector<std::string> more = {}) const { return weft(arguments(std::move(more))).out; }
  std::string refused(std::vector<std::string> more = {}) const {
    const Outcome o = weft(arguments(std::move(more)));
    EXPECT_EQ(o.exit_code, 1);
    EXPECT_EQ(o.out, "");
    return o.err;
  }
  const std::string& tools() const { return tools_; }

 private:
  std::vector<std::string> arguments(std::vector<std::string> more) const {
    std::vector<std::string> all = {"template", path(), "--context", context_};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string context_, tools_;
};

TEST(ModelTemplate, Of_several_is_tool_use_with_tools_and_default_without) {
  const ModelFolder model;
  model.write("tokenizer_config.json", R"({"bos_token": "<s>", "chat_template": [
      {"name": "rag", "template": "rag"}, {"name": "default", "template": "{{ bos_token }}default"},
      {"name": "tool_use", "template": "{{ tools[0].name }} tool_use"}]})");
  EXPECT_EQ(model.rendered(), "<s>default");
  EXPECT_EQ(model.rendered({"--tools", model.tools()}), "f tool_use");
  EXPECT_EQ(model.rendered({"--template", "rag"}), "rag");
  EXPECT_EQ(model.rendered({"--template", "default", "--tools", model.tools()}), "<s>default");
  EXPECT_NE(model.refused({"--template", "nothing"}).find("rag, default, tool_use; expected one called nothing"),
            std::string::npos);
}

TEST(ModelTemplate, Of_a_GGUF_are_chosen_by_name_too) {
  using testing_files::Gguf;
  const TemporaryFolder folder;
  Gguf file = testing_files::sound_gguf();
  const auto text = [&](const char* key, const char* value) { file.pair(key, Gguf::STRING, Gguf::text(value)); };
  text("tokenizer.ggml.model", "gpt2");
  file.array("tokenizer.ggml.tokens", Gguf::STRING, 2, Gguf::text("a") + Gguf::text("b"));
  text("tokenizer.chat_template", "default");
  text("tokenizer.chat_template.rag", "rag");
  text("tokenizer.chat_template.tool_use", "{{ tools[0].name }} tool_use");
  const std::string model = folder.write("model.gguf", file.bytes());
  const std::string context = folder.write("context.json", R"({"messages": [{"role": "user", "content": "hi"}]})");
  const std::string tools = folder.write("tools.json", R"([{"name": "f"}])");
  const std::vector<std::string> base = {"template", model, "--context", context};
  const auto rendered = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    const Outcome o = weft(more);
    return o.exit_code == 0 ? o.out : o.err;
  };
  EXPECT_EQ(rendered({}), "default");
  EXPECT_EQ(rendered({"--tools", tools}), "f tool_use");
  EXPECT_EQ(rendered({"--template", "rag"}), "rag");
  EXPECT_NE(rendered({"--template", "nothing"}).find("default, rag, tool_use; expected one called nothing"),
            std::string::npos);
}

TEST(ModelTemplate, Without_a_default_is_chosen_by_name_or_refused) {
  const ModelFolder model;
  model.write("tokenizer_config.json", R"({"chat_template": [{"name": "rag", "template": "rag"}]})");
  EXPECT_EQ(model.rendered({"--template", "rag"}), "rag");
  EXPECT_NE(model.refused().find("rag; expected one called default"), std::string::npos);
}

TEST(ModelTemplate, In_files_goes_before_the_one_in_the_config) {
  const ModelFolder model;
  model.write("tokenizer_config.json", R"({"chat_template": "config"})");
  model.write("chat_template.json", R"({"chat_template": "processor"})");
  EXPECT_EQ(model.rendered(), "config");
  model.write("chat_template.jinja", "file");
  fs::create_directory(model.path("additional_chat_templates"));
  model.write("additional_chat_templates/tool_use.jinja", "file for tools");
  model.write("additional_chat_templates/README.md", "no template");
  EXPECT_EQ(model.rendered(), "file");
  EXPECT_EQ(model.rendered({"--tools", model.tools()}), "file for tools");
  EXPECT_EQ(model.rendered({"--template", "tool_use"}), "file for tools");
  EXPECT_NE(model.refused({"--template", "README"}).find("are default, tool_use"), std::string::npos);
}

TEST(ModelTemplate, Of_a_processor_is_used_where_there_is_no_other) {
  const ModelFolder model;
  model.write("tokenizer_config.json", "{}");
  model.write("chat_template.json", R"({"chat_template": {"default": "one", "tool_use": "two"}})");
  EXPECT_EQ(model.rendered(), "one");
  EXPECT_EQ(model.rendered({"--tools", model.tools()}), "two");
  model.write("chat_template.json", R"({"chat_template": 7})");
  EXPECT_NE(model.refused().find("chat_template.json"), std::string::npos);
}

TEST(ModelTemplate, Is_told_arguments_as_JSON) {
  const ModelFolder model;
  model.write("tokenizer_config.json",
              R"({"chat_template": "{{ enable_thinking is false }} {{ effort }} {{ add_generation_prompt }}"})");
  EXPECT_EQ(model.rendered({"--template-arg", "enable_thinking=false", "--template-arg", "effort=\"a=b\""}),
            "True a=b ");
  EXPECT_NE(model.refused({"--template-arg", "enable_thinking=False"}).find("'False' is not JSON"), std::string::npos);
  EXPECT_NE(model.refused({"--template-arg", "x"}).find("KEY=JSON"), std::string::npos);
  EXPECT_NE(model.refused({"--template-arg", "x=1", "--template-arg", "x=2"}).find("given twice"), std::string::npos);
}

TEST(ModelTemplate, Of_a_run_takes_the_same_options) {
  const ModelFolder model;
  model.write("tokenizer_config.json", R"({"chat_template": [
      {"name": "default", "template": "{{ raise_exception(x) }}"},
      {"name": "plain", "template": "{{ messages[0].content }}"}]})");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", model.path(), "a", "--max-tokens", "0", "--json"});
    return weft(more);
  };
  EXPECT_NE(run({"--template-arg", "x=\"why not\""}).err.find("why not"), std::string::npos);
  EXPECT_EQ(run({"--template", "plain"}).exit_code, 0);
  EXPECT_NE(run({"--template", "plain", "--template-arg", "messages=[]"}).err.find("'messages'"), std::string::npos);
  EXPECT_EQ(run({"--template", "plain", "--raw"}).exit_code, 2);
}

TEST(ModelTemplate, Of_a_run_without_a_place_for_tools_refuses_them) {
  const ModelFolder model;
  model.write("tokenizer_config.json", R"({"chat_template": [
      {"name": "default", "template": "{{ messages[0].content }}"},
      {"name": "tools", "template": "{{ messages[0].content }}{% if tools %}{{ tools[0].name }}{% endif %}"}]})");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", model.path(), "a", "--max-tokens", "0", "--json"});
    return weft(more);
  };
  const Outcome refused = run({"--tools", model.tools()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find(model.path() + ": --tools: the chat template of the model has no place"), refused.err.npos)
      << refused.err;
  EXPECT_EQ(run({"--tools", model.write("empty.json", "[]")}).exit_code, 0);
  const Json plain = parse_json(run({}).out).value();
  const Json with = parse_json(run({"--tools", model.tools(), "--template", "tools"}).out).value();
  EXPECT_GT(with["timings"]["prompt_tokens"].get<int>(), plain["timings"]["prompt_tokens"].get<int>());
}

TEST(Template, Escapes_reach_a_terminal_only_when_they_are_asked_for) {
  const TemporaryFolder folder;
  const std::string source = folder.write("t.jinja", "\x1b]0;owned\x07\xC2\x9B" "31m\xE2\x80\xAE" "text");
  const std::string context = folder.write("c.json", "{}");
  const std::vector<std::string> arguments{"template", source, "--context", context};
  const std::string shown = Terminal(arguments).finish().out;
  EXPECT_EQ(shown, "\xEF\xBF\xBD]0;owned\xEF\xBF\xBD\xEF\xBF\xBD" "31m\xEF\xBF\xBD" "text");
  const std::string raw = "\x1b]0;owned\x07\xC2\x9B" "31m\xE2\x80\xAE" "text";
  EXPECT_EQ(weft(arguments).out, raw) << "a pipe gets the bytes";
  EXPECT_EQ(Terminal({"template", source, "--context", context, "--raw-output"}).finish().out, raw);
}

}  // namespace
}  // namespace weft::test
