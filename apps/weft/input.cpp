#include "apps/weft/input.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/error.hpp"

namespace weft::app {
namespace {

constexpr std::size_t kMostBytes = 64u << 20;  // a longer input is an error

Result<std::string> read_input() {
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(Code::kNotFound, "standard input: cannot be read: {}", std::strerror(errno));
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > kMostBytes)
      return error(Code::kResourceExhausted, "standard input: larger than {} bytes", kMostBytes);
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

bool input_is_piped() { return isatty(STDIN_FILENO) != 1; }

Result<std::string> text_or_input(const std::optional<std::string>& given) {
  if (given && *given != "-") return *given;
  WEFT_TRY(std::string text, read_input());
  if (text.empty()) return invalid("no text: standard input is empty");
  return text;
}

Result<std::string> words_and_input(const std::vector<std::string>& words) {
  std::string prompt, input;
  bool asked = false;
  for (const std::string& word : words) {
    if (word == "-") {
      asked = true;
    } else {
      prompt += (prompt.empty() ? "" : " ") + word;
    }
  }
  if (asked || input_is_piped()) {
    WEFT_TRY(input, read_input());
  }
  if (prompt.empty() && input.empty()) {
    return invalid("the prompt is empty: {}; give PROMPT, --ids, or text on standard input",
                   words.empty() || asked ? "standard input is empty" : "PROMPT is empty, and so is standard input");
  }
  return prompt.empty() || input.empty() ? prompt + input : prompt + "\n\n" + input;
}

}  // namespace weft::app
