// What a user types in a chat: a line, or the lines between quotes.
#pragma once

#include <memory>
#include <string>

#include "apps/weft/line_editor.hpp"

namespace weft::app {

class Prompt {
 public:
  /// A line editor where the terminal can have one, else lines as the terminal gives them, which `wake` interrupts.
  Prompt(int wake, Complete complete);

  /// A message or a command, which the history keeps.
  LineRead next(std::string& text);

 private:
  LineRead read(std::string& text);

  std::unique_ptr<Lines> lines_;
};

}  // namespace weft::app
