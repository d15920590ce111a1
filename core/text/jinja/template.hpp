// Chat templates: the Jinja that models publish, set up as in transformers (trim_blocks, lstrip_blocks, loop controls,
// raise_exception), with limits against hostile templates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

struct CallLimits;

struct TemplateLimits {
  uint64_t max_steps = 10'000'000;
  uint64_t max_output_bytes = 64u << 20;  // of each text, the rendering too
  const CallLimits* call = nullptr;       // what the host allows; null: all of this
};

/// A rendering, and which bytes [begin, end) of it came from messages, tools or documents, where special tokens count
/// as plain text. These ranges are sorted, do not touch and are not empty.
struct RenderedChat {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> user;
};

namespace jinja {
struct Program;
}

/// Immutable once parsed. [any-thread]
class ChatTemplate {
 public:
  static Result<ChatTemplate> parse(std::string_view source);
  /// Renders the template. Errors give line and column; the text of raise_exception ends the message.
  Result<RenderedChat> render(const Json& context, const TemplateLimits& limits = {}) const;

 private:
  std::shared_ptr<const jinja::Program> program_;
};

}  // namespace weft
