// Templates against goldens of tests/golden/text/templates.json, rendered by jinja2.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/text/jinja/template.hpp"

namespace weft {
namespace {

Json goldens() {
  std::ifstream in(std::string(WEFT_SOURCE_DIR) + "/tests/golden/text/templates.json", std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  auto parsed = parse_json(text.str());
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? *parsed : Json::object();
}

TEST(TemplateGolden, Output_equals_that_of_jinja2_byte_for_byte) {
  const Json all = goldens();
  ASSERT_GT(all["cases"].size(), 60u);
  for (const Json& c : all["cases"]) {
    const Json& source = c.contains("use") ? all["templates"][c["use"].get<std::string>()] : c["template"];
    SCOPED_TRACE(source.get<std::string>());
    const Json context = c.contains("with")      ? all["contexts"][c["with"].get<std::string>()]
                         : c.contains("context") ? c["context"]
                                                 : Json::object();
    SCOPED_TRACE(context.dump());
    const auto parsed = ChatTemplate::parse(source.get<std::string>());
    const auto out = parsed.ok() ? parsed->render(context) : Result<RenderedChat>(parsed.status());
    if (c.contains("output")) {
      EXPECT_TRUE(out.ok()) << out.status().message();
      if (out.ok()) EXPECT_EQ(out->text, c["output"].get<std::string>());
      continue;
    }
    // An error is an error; only what raise_exception says is compared.
    EXPECT_FALSE(out.ok());
    if (out.ok()) continue;
    const std::string message(out.status().message());
    EXPECT_EQ(out.status().code(), Code::kInvalidArgument) << message;
    if (c["error"].is_string()) {
      EXPECT_TRUE(message.ends_with(": " + c["error"].get<std::string>())) << message;
    }
  }
}

}  // namespace
}  // namespace weft
