// The weft command. Exit codes: 0, 1 (an error, one line on stderr), 2 (usage), 130 (cancelled), and others that a
// command says.
#include <cstdio>
#include <exception>
#include <new>

#include "apps/weft/common.hpp"
#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/parse.hpp"

namespace weft::app {
namespace {

int run_command(int argc, char** argv) {
  const Commands commands = all_commands();
  const auto parsed = parse(argc, argv, commands);
  if (!parsed.ok()) {
    print_error(parsed.status().message());
    return 2;
  }
  Status s = parsed->command ? parsed->command->run() : print(parsed->text);
  if (s.code() == Code::kCancelled && Interrupts::flag()) return 130;
  if (Status flushed = flush_output(); s.ok()) s = flushed;
  if (s.ok()) return 0;
  end_if_reader_has_gone();
  print_error(s.message());
  return parsed->command && parsed->command->exit_code ? parsed->command->exit_code(s) : 1;
}

}  // namespace
}  // namespace weft::app

int main(int argc, char** argv) {
  weft::app::prepare_standard_streams();
  try {
    return weft::app::run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("weft: error: out of memory\n", stderr);
  } catch (const std::exception& e) {
    weft::app::print_error(e.what());
  } catch (...) {
    std::fputs("weft: error: an unknown exception\n", stderr);
  }
  return 1;
}
