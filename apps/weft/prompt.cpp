#include "apps/weft/prompt.hpp"

#include <string_view>
#include <utility>

namespace weft::app {
namespace {

constexpr std::string_view kQuotes = "\"\"\"";  // around a message of several lines

}  // namespace

Prompt::Prompt(int wake, Complete complete) : lines_(make_line_editor(std::move(complete))) {
  if (!lines_) lines_ = std::make_unique<LineReader>(wake);
}

LineRead Prompt::next(std::string& text) {
  const LineRead how = read(text);
  if (how == LineRead::kLine) lines_->remember(text);
  return how;
}

LineRead Prompt::read(std::string& text) {
  LineRead how = lines_->next("> ", text);
  if (how != LineRead::kLine || !text.starts_with(kQuotes)) return how;
  text.erase(0, kQuotes.size());
  std::string line;
  while (!text.ends_with(kQuotes)) {
    how = lines_->next(". ", line);
    if (how != LineRead::kLine) return how;
    text += (text.empty() ? "" : "\n") + line;
  }
  text.erase(text.size() - kQuotes.size());
  if (text.ends_with('\n')) text.pop_back();
  return LineRead::kLine;
}

}  // namespace weft::app
