#include "core/text/jinja/template.hpp"

#include <gtest/gtest.h>

#include "core/base/call_limits.hpp"

namespace weft {
namespace {

std::string render(std::string_view source, const std::string& context = "{}") {
  auto t = ChatTemplate::parse(source);
  if (!t.ok()) return "parse: " + std::string(t.status().message());
  auto out = t->render(*parse_json(context));
  return out.ok() ? out->text : "error: " + std::string(out.status().message());
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
  EXPECT_EQ(render("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% if i == 3 %}{% break %}{% endif %}{% set "
                   "ns.n = ns.n + i %}{% endfor %}{{ ns.n }}"),
            "3");
  EXPECT_EQ(render("{% macro m(a, b='d') %}[{{ a }}{{ b }}]{% endmacro %}{{ m('x') }}{{ m('x', b='y') }}"), "[xd][xy]");
}

TEST(ChatTemplate, Filters_tests_and_methods) {
  EXPECT_EQ(render("{{ {'b': [1, 'é<'], 'a': none} | tojson }}"), "{\"b\": [1, \"é<\"], \"a\": null}");
  EXPECT_EQ(render("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join(',') }}",
      R"({"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"},{"role":"user","content":"c"}]})"),
            "a,c");
  EXPECT_EQ(render("{{ ' a,b '.strip().split(',')[-1] | upper }} {{ x is not defined }} {{ 'a' in 'cat' }}"),
            "B True True");
}

TEST(ChatTemplate, Passes_on_what_the_author_raises_with_the_line) {
  EXPECT_EQ(render("a\n{{ raise_exception('roles must alternate') }}"),
            "error: line 2, column 4: the template says: roles must alternate");
}

TEST(ChatTemplate, Refuses_what_it_does_not_know_by_name) {
  EXPECT_NE(render("{{ 1 | frobnicate }}").find("frobnicate"), std::string::npos);
  EXPECT_NE(render("{% frobnicate %}").find("frobnicate"), std::string::npos);
}

std::string repeated(std::string_view text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

TEST(ChatTemplate, Bounds_the_depth_of_what_is_parsed) {
  const auto refused = [](const std::string& source) { return render(source).find("deep") != std::string::npos; };
  const std::pair<const char*, const char*> nests[] = {
      {"(", ")"}, {"[", "]"}, {"not ", ""}, {"-", ""}, {"{1:", "}"}, {"x[", "]"}, {"x if y else ", ""}, {"f(", ")"}};
  for (const auto& [open, close] : nests) {
    EXPECT_TRUE(refused("{{ " + repeated(open, 50000) + "1" + repeated(close, 50000) + " }}")) << open;
  }
  for (const char* more : {"+1", "~1", "**1", " and 1", " or 1", ".a", "[0]", "()", "|upper", " is true", "<1"}) {
    const std::string said = render("{{ 1" + repeated(more, 50000) + " }}");
    // A chain of ~ becomes one node; all other operators nest.
    EXPECT_TRUE(said.starts_with("parse: ") || said.starts_with("error: ") || said == "False" || said.ends_with("11"))
        << more << said.substr(0, 200);
  }
  EXPECT_TRUE(refused(repeated("{% if 1 %}", 50000)));
  EXPECT_TRUE(refused(repeated("{% for x in y %}", 50000)));
  EXPECT_EQ(render("{% if 0 %}" + repeated("{% elif 0 %}", 5000) + "{% else %}x{% endif %}"), "x");
}

TEST(ChatTemplate, Bounds_the_depth_of_what_is_run) {
  EXPECT_NE(render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").find("deep"), std::string::npos);
  EXPECT_NE(
      render("{% set n = namespace(a=[]) %}{% for i in range(9999) %}{% set n.a = [n.a] %}{% endfor %}").find("deep"),
      std::string::npos);
  EXPECT_NE(render("{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}").find("deep"), std::string::npos);
  EXPECT_EQ(render("{% set n = namespace() %}{% set n.n = n %}{% for i in range(9999) %}{% set n.n = namespace(n=n.n) "
                   "%}{% endfor %}x"),
            "x");
}

TEST(ChatTemplate, Bounds_steps_output_and_memory) {
  const TemplateLimits small{.max_steps = 20000, .max_output_bytes = 1000};
  const auto stopped = [&](std::string_view source, const char* why) {
    auto t = ChatTemplate::parse(source);
    if (!t.ok()) return false;
    auto out = t->render(Json::object(), small);
    return !out.ok() && out.status().message().find(why) != std::string_view::npos;
  };
  EXPECT_TRUE(stopped("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "steps"));
  EXPECT_TRUE(stopped("{% for a in range(2000) %}x{% endfor %}", "1000 bytes"));
  EXPECT_TRUE(stopped("{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
                      "1000 bytes"));
  EXPECT_TRUE(
      stopped("{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}", "steps"));
  EXPECT_TRUE(
      stopped("{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s == "
              "[n.s] }}{{ n.s }}",
              "bytes"));
  EXPECT_TRUE(
      stopped("{% set n = namespace(a=1, b=1) %}{% for i in range(99) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, "
              "n.b] %}{% endfor %}{{ n.a == n.b }}",
              "steps"));
  EXPECT_TRUE(stopped("{{ 'x' * 999999999999 }}", "bytes"));
  EXPECT_TRUE(stopped("{{ [1] * 999999999999 }}", "steps"));
  EXPECT_TRUE(stopped("{{ ('x' * 900)|replace('x', 'yyy') }}", "bytes"));
  EXPECT_TRUE(stopped("{{ 'x'|center(99999999999) }}", "bytes"));
  EXPECT_TRUE(stopped("{{ 999999999999999999 * 99 }}", "overflows"));
}

std::string statements(const std::string& before, int from, int to, const std::string& after) {
  std::string all;
  for (int i = from; i < to; ++i) all += before + std::to_string(i) + after;
  return all;
}

TEST(ChatTemplate, Many_names_cost_steps_each_time_one_is_looked_up) {
  const std::string many = "{% for x in [1] %}" + statements("{% set a", 0, 30000, " = 1 %}");
  const std::string source =
      many + "{% for i in range(90000) %}" + statements("{{ b", 0, 20, " }}") + "{% endfor %}{% endfor %}";
  EXPECT_NE(render(source).find("the template takes more than 10000000 steps"), std::string::npos);
}

TEST(ChatTemplate, Many_keyword_arguments_cost_steps_for_each_parameter) {
  const std::string source = "{% macro m(" + statements("a", 0, 10000, "=1,") + "z=1) %}{% endmacro %}" +
                             "{% for i in range(1000) %}{{ m(" + statements("a", 0, 10000, "=1,") +
                             "z=1) }}{% endfor %}";
  EXPECT_NE(render(source).find("the template takes more than 10000000 steps"), std::string::npos);
}

TEST(ChatTemplate, A_rendering_that_is_no_longer_wanted_ends) {
  const CallLimits limits{.cancel = std::make_shared<std::atomic<bool>>(true)};
  const auto t = ChatTemplate::parse("{{ 1 }}");
  ASSERT_TRUE(t.ok());
  EXPECT_EQ(t->render(Json::object(), {.call = &limits}).status().code(), Code::kCancelled);
}

}  // namespace
}  // namespace weft
