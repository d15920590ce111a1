// The one file that knows replxx.
#include "apps/weft/line_editor.hpp"

#include <poll.h>
#include <unistd.h>
#include <utf8proc.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <replxx.hxx>
#include <string_view>

#include "apps/weft/history_file.hpp"
#include "apps/weft/terminal_guard.hpp"

namespace replxx {

/// Columns that a character takes; replxx brings a table of Unicode 5, which has no emoji.
int mk_wcwidth(char32_t character) { return utf8proc_charwidth(static_cast<utf8proc_int32_t>(character)); }

}  // namespace replxx

namespace weft::app {
namespace {

using replxx::Replxx;

constexpr int kMostEntries = 1000;                // the oldest one goes where there are more
constexpr std::size_t kMostEntryBytes = 16 << 10;  // a longer message is not remembered
constexpr int kMostListed = 200;                  // completions that are listed without a question

bool terminal_has_gone() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) == 1 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

class LineEditor : public Lines {
 public:
  explicit LineEditor(Complete complete) : history_(history_file()) {
    editor_.set_no_color(true);
    editor_.set_completion_count_cutoff(kMostListed);
    editor_.set_word_break_characters(" \t\n");
    editor_.set_completion_callback([this, complete = std::move(complete)](const std::string& before, int&) {
      Replxx::completions_t completions;
      for (const std::string& word : complete(before)) completions.emplace_back(word);
      return completions;
    });
    bind();
    editor_.install_window_change_handler();
    editor_.set_max_history_size(kMostEntries);
    if (!history_.empty()) editor_.history_load(history_);
  }

  LineRead next(const std::string& prompt, std::string& line) override {
    std::fflush(stdout);
    cancelled_ = false;
    const char* typed = nullptr;
    {
      const TerminalGuard guard;
      editor_.enable_bracketed_paste();
      typed = editor_.input(prompt);
      editor_.disable_bracketed_paste();
    }
    if (typed != nullptr && typed[0] == '\0' && terminal_has_gone()) return LineRead::kEnd;
    if (typed != nullptr) {
      line = typed;
      while (line.ends_with('\n')) line.pop_back();  // a pasted block ends with one, which Enter then follows
      return LineRead::kLine;
    }
    if (!cancelled_) return LineRead::kEnd;
    if (!was_empty_) return LineRead::kCancelled;
    std::raise(SIGINT);  // what Ctrl-C does where no editor takes it for a key
    return LineRead::kInterrupted;
  }

  void remember(const std::string& message) override {
    if (message.empty() || message.size() > kMostEntryBytes) return;
    editor_.history_add(message);
    if (!history_.empty()) editor_.history_sync(history_);
  }

 private:
  void bind() {
    using Key = Replxx::KEY;
    using Action = Replxx::ACTION;
    const auto bind_action = [this](char32_t key, Action action) {
      editor_.bind_key(key, [this, action](char32_t code) { return editor_.invoke(action, code); });
    };
    bind_action(Key::control('J'), Action::COMMIT_LINE);  // as Enter, of which some programs send it instead
    bind_action(Key::control('P'), Action::LINE_PREVIOUS);
    bind_action(Key::control('N'), Action::LINE_NEXT);
    editor_.bind_key(Key::control('C'), [this](char32_t code) {
      cancelled_ = true;
      was_empty_ = std::string_view(editor_.get_state().text()).empty();
      return editor_.invoke(Action::ABORT_LINE, code);
    });
    editor_.bind_key(Key::control('Z'), [this](char32_t code) {
      TerminalGuard::suspend();
      return editor_.invoke(Action::REPAINT, code);
    });
  }

  Replxx editor_;
  std::string history_;  // its file; "": none
  bool cancelled_ = false, was_empty_ = false;
};

}  // namespace

std::unique_ptr<Lines> make_line_editor(Complete complete) {
  const char* variable = std::getenv("TERM");
  const std::string_view terminal = variable != nullptr ? variable : "";
  for (std::string_view unable : {"", "dumb", "cons25", "emacs"}) {
    if (terminal == unable) return nullptr;
  }
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return nullptr;
  return std::make_unique<LineEditor>(std::move(complete));
}

}  // namespace weft::app
