// What a chat template is told besides the messages, from the command line.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/common.hpp"
#include "core/model/chat_side.hpp"

namespace weft::app {

struct TemplateOptions {
  std::string tools, name;
  std::vector<std::string> arguments;  // KEY=JSON

  /// Reads the file of tools and the arguments.
  Result<ChatOptions> read() const;
  /// The first option given; "" if none.
  std::string_view given() const;
};

/// FAILED_PRECONDITION where the template that these options choose makes the same text with the tools as without them.
Status check_tools_are_used(const ChatSide& chat, const ChatOptions& options);

/// --tools, --template-arg and --template, none of which can be given with `excludes`.
void add_template_options(Command& command, TemplateOptions& o, const std::vector<std::string>& excludes = {});

}  // namespace weft::app
