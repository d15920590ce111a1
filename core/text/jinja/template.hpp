// Chat templates: the Jinja that models publish, set up as transformers does (trim_blocks,
// lstrip_blocks, loop controls, raise_exception), with limits against hostile templates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft {

struct TemplateLimits {
  uint64_t max_steps = 10'000'000;
  uint64_t max_output_bytes = 64u << 20;
};

namespace jinja {
struct Node;
}

/// Immutable after parse; [any-thread].
class ChatTemplate {
 public:
  static Result<ChatTemplate> parse(std::string_view source);
  /// Errors name the line; what raise_exception says is the message.
  Result<std::string> render(const Json& context, const TemplateLimits& limits = {}) const;

 private:
  std::shared_ptr<const jinja::Node> root_;
};

}  // namespace weft
