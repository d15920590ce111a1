// weft login: keeps a token where every Hugging Face tool looks for it, readable by its owner alone.
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "apps/weft/hub.hpp"
#include "apps/weft/output.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "hub/account.hpp"
#include "hub/cache.hpp"

namespace weft::app {
namespace {

struct Options {
  HubOptions hub;
  bool no_check = false;
};

/// Typing is not shown while it lives; Ctrl-C ends the process and leaves the terminal as it was.
class Silence {
 public:
  Silence() : changed_(tcgetattr(STDIN_FILENO, &before) == 0) {
    if (!changed_) return;
    std::signal(SIGINT, [](int) {
      tcsetattr(STDIN_FILENO, TCSANOW, &before);
      [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, "\n", 1);
      _exit(130);
    });
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  ~Silence() {
    if (!changed_) return;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::signal(SIGINT, SIG_DFL);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static inline termios before{};  // where a handler finds it
  bool changed_;
};

/// A line of standard input; a token as an argument would lie open in the list of processes.
Result<std::string> read_token() {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  if (terminal) std::fputs("Token (https://huggingface.co/settings/tokens): ", stderr);
  std::string token;
  {
    const Silence silence;
    for (int c; token.size() < 4096 && (c = std::getchar()) != EOF && c != '\n';) token += static_cast<char>(c);
  }
  if (terminal) std::fputc('\n', stderr);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty()) return invalid("no token: standard input is empty");
  for (char c : token) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      return invalid("the token has characters that no token has");
  }
  return token;
}

Status login(const Options& o) {
  WEFT_TRY(hub::Settings settings, hub_settings(o.hub));
  if (settings.token_file.empty())
    return invalid("no place for the token: neither HOME, HF_HOME nor HF_TOKEN_PATH is set");
  WEFT_TRY(settings.token, read_token());
  std::string name;
  if (!o.no_check && !settings.offline) {
    WEFT_TRY(name, hub::account_name(settings));
  }
  const std::filesystem::path path(settings.token_file);
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  Status s = hub::write_file(path.string(), settings.token, hub::unique_name(path.string()), 0600);
  if (!s.ok()) return hub::redact(settings, s);
  if (o.hub.json) return print(json_text({{"name", name}}) + "\n");
  std::fprintf(stderr, "weft: the token%s is kept\n", name.empty() ? "" : (" of " + one_line(name)).c_str());
  return {};
}

}  // namespace

void add_login(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("login", "keep a Hugging Face token, read from standard input", [o] { return login(*o); });
  add_hub_options(command, o->hub);
  command.add("--no-check", &o->no_check, "do not ask the Hub whose token it is");
}

}  // namespace weft::app
