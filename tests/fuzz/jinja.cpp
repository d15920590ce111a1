// Any text as a chat template: refused, or rendered within the limits.
#include "core/text/jinja/template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const weft::Json context = *weft::parse_json(
      R"({"messages": [{"role": "user", "content": "Hi <b>"}, {"role": "assistant", "content": null, "tool_calls": [{"name": "f", "arguments": {"x": 1.5}}]}],
          "tools": [{"type": "function"}], "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>"})");
  auto t = weft::ChatTemplate::parse({reinterpret_cast<const char*>(data), size});
  if (t.ok()) (void)t->render(context, {.max_steps = 20000, .max_output_bytes = 1 << 20});
  return 0;
}
