#include "core/text/jinja/template.hpp"

#include <gtest/gtest.h>

namespace weft {
namespace {

std::string render(std::string_view source, const std::string& context = "{}") {
  auto t = ChatTemplate::parse(source);
  if (!t.ok()) return "parse: " + std::string(t.status().message());
  auto out = t->render(*parse_json(context));
  return out.ok() ? *out : "error: " + std::string(out.status().message());
}

// Expected texts were rendered by jinja2 3.1 with trim_blocks and lstrip_blocks.
TEST(ChatTemplate, Renders_chatml_with_a_default_system_message) {
  const char* source =
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
      "{{ '<|im_start|>system\nBe kind<|im_end|>\n' }}{% endif %}"
      "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
  EXPECT_EQ(render(source, R"({"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":true})"),
            "<|im_start|>system\nBe kind<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, Controls_white_space_as_transformers_does) {
  EXPECT_EQ(render("a\n  {% if true %}\nb\n  {% endif %}\nc"), "a\nb\nc");
  EXPECT_EQ(render("a  {{- ' b ' -}}  c"), "a b c");
  EXPECT_EQ(render("x {%- for i in [1,2] %} {{ i }}{% endfor -%}  y"), "x 1 2y");
  EXPECT_EQ(render("a\n"), "a");
}

TEST(ChatTemplate, Follows_pythons_rules) {
  EXPECT_EQ(render("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }} {{ 2 ** 3 }}"), "3 -4 3.5 2 8");
  EXPECT_EQ(render("{{ [1, 'a', none, true, 1.0] }} {{ {'k': 'v'} }}"), "[1, 'a', None, True, 1.0] {'k': 'v'}");
  EXPECT_EQ(render("{{ 'abc'[::-1] }} {{ [1,2,3][-1] }} {{ 'abcd'[1:3] }}"), "cba 3 bc");
  EXPECT_EQ(render("{{ 'x' if false }}|{{ undefined_name }}|{{ '' or 'y' }}"), "||y");
}

TEST(ChatTemplate, Keeps_loop_scopes_apart_and_namespaces_shared) {
  EXPECT_EQ(render("{% set n = 0 %}{% for i in [1,2] %}{% set n = i %}{% endfor %}{{ n }}"), "0");
  EXPECT_EQ(render("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% if i == 3 %}{% break %}{% endif %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}"), "3");
  EXPECT_EQ(render("{% macro m(a, b='d') %}[{{ a }}{{ b }}]{% endmacro %}{{ m('x') }}{{ m('x', b='y') }}"), "[xd][xy]");
}

TEST(ChatTemplate, Filters_tests_and_methods) {
  EXPECT_EQ(render("{{ {'b': [1, 'é<'], 'a': null} | tojson }}"), "{\"b\": [1, \"é<\"], \"a\": null}");
  EXPECT_EQ(render("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(',') }}",
                   R"({"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"},{"role":"user","content":"c"}]})"),
            "a,c");
  EXPECT_EQ(render("{{ ' a,b '.strip().split(',')[-1] | upper }} {{ x is not defined }} {{ 'a' in 'cat' }}"), "B True True");
}

TEST(ChatTemplate, Passes_on_what_the_author_raises_with_the_line) {
  EXPECT_EQ(render("a\n{{ raise_exception('roles must alternate') }}"), "error: line 2: roles must alternate");
}

TEST(ChatTemplate, Refuses_what_it_does_not_know_by_name) {
  EXPECT_NE(render("{{ 1 | frobnicate }}").find("frobnicate"), std::string::npos);
  EXPECT_NE(render("{% frobnicate %}").find("frobnicate"), std::string::npos);
}

TEST(ChatTemplate, Bounds_depth_steps_and_output) {
  EXPECT_NE(render("{{ " + std::string(100000, '(') + " }}").find("deep"), std::string::npos);
  EXPECT_NE(render("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}").find("steps"), std::string::npos);
  EXPECT_NE(render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").find("deep"), std::string::npos);
}

}  // namespace
}  // namespace weft
