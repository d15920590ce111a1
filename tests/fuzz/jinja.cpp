// Any text as a chat template: refused, or rendered within the limits.
#include <cstdlib>

#include "core/text/jinja/template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  // clang-format off: the context is one raw string
  static const weft::Json context = *weft::parse_json(
      R"({"messages": [{"role": "user", "content": "Hi <b> \u00e9"}, {"role": "assistant", "content": null, "tool_calls": [{"name": "f", "arguments": {"x": 1.5}}]}],
          "tools": [{"type": "function"}], "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>",
          "n": 7, "f": 2.5, "s": "Hello World", "l": [3, 1, 2], "d": {"a": 1, "b": [1, "x"]}})");
  // clang-format on
  auto t = weft::ChatTemplate::parse({reinterpret_cast<const char*>(data), size});
  if (!t.ok()) return 0;
  const auto out = t->render(context, {.max_steps = 20000, .max_output_bytes = 1 << 20});
  if (!out.ok()) return 0;
  std::size_t last = 0;
  for (const auto& [begin, end] : out->user) {
    if (begin < last || begin >= end || end > out->text.size()) std::abort();
    last = end;
  }
  return 0;
}
