// Templates compared with goldens of tests/golden/text, which jinja2 rendered.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/text/jinja/template.hpp"

namespace weft {
namespace {

std::string read(const std::string& name) {
  std::ifstream in(std::string(WEFT_SOURCE_DIR) + "/tests/golden/text/" + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
Json golden(const std::string& name) {
  auto parsed = parse_json(read(name));
  EXPECT_TRUE(parsed.ok()) << name;
  return parsed.ok() ? *parsed : Json::object();
}

/// `expected`: the output; or {"error": the text of raise_exception, or true for any other error}.
void expect_rendering(const std::string& source, const Json& context, const Json& expected) {
  SCOPED_TRACE(source);
  const auto parsed = ChatTemplate::parse(source);
  const auto out = parsed.ok() ? parsed->render(context) : Result<RenderedChat>(parsed.status());
  if (expected.is_string()) {
    EXPECT_TRUE(out.ok()) << out.status().message();
    if (out.ok()) {
      EXPECT_EQ(out->text, expected.get<std::string>());
    }
    return;
  }
  EXPECT_FALSE(out.ok()) << out->text;
  if (out.ok()) return;
  const std::string message(out.status().message());
  EXPECT_EQ(out.status().code(), Code::kInvalidArgument) << message;
  EXPECT_TRUE(message.starts_with("line ")) << message;
  if (const Json& said = expected["error"]; said.is_string()) {
    EXPECT_TRUE(message.ends_with(" says: " + said.get<std::string>())) << message;
  }
}

TEST(TemplateGolden, Output_equals_that_of_jinja2_byte_for_byte) {
  const Json all = golden("templates.json");
  ASSERT_GT(all["cases"].size(), 60u);
  for (const Json& c : all["cases"]) {
    const Json& source = c.contains("use") ? all["templates"][c["use"].get<std::string>()] : c["template"];
    const Json context = c.contains("with")      ? all["contexts"][c["with"].get<std::string>()]
                         : c.contains("context") ? c["context"]
                                                 : Json::object();
    expect_rendering(source.get<std::string>(), context,
                     c.contains("output") ? c["output"] : Json{{"error", c["error"]}});
  }
}

TEST(TemplateGolden, The_language_is_that_of_jinja2) {
  const Json all = golden("template_language.json");
  ASSERT_GT(all["cases"].size(), 1000u);
  for (const Json& c : all["cases"]) expect_rendering(c[0].get<std::string>(), all["context"], c[1]);
}

TEST(TemplateGolden, Chat_templates_of_many_families_give_what_jinja2_gives) {
  const Json all = golden("chat_templates.json");
  ASSERT_GT(all["outputs"].size(), 40u);
  for (const auto& [family, outputs] : all["outputs"].items()) {
    const std::string source = read("chat/" + family + ".jinja");
    for (const auto& [name, expected] : outputs.items()) {
      SCOPED_TRACE(family + ", " + name);
      expect_rendering(source, all["conversations"][name], expected);
    }
  }
}

}  // namespace
}  // namespace weft
