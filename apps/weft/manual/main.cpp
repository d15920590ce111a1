// weft_manual REFERENCE FOLDER: writes weft.1, weft.bash, _weft and weft.fish there. Run by the build.
#include <cstdio>
#include <fstream>

#include "apps/weft/common.hpp"
#include "apps/weft/manual/manual.hpp"
#include "apps/weft/whole_file.hpp"

namespace weft::app {
namespace {

bool write(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) print_error(path + ": cannot be written");
  return !out.fail();
}

int make(const std::string& reference_path, const std::string& folder) {
  const auto reference = read_whole_file(reference_path);
  if (!reference.ok()) return print_error(reference.status().message()), 1;
  const Commands commands = all_commands();
  const auto page = man_page(commands, *reference);
  if (!page.ok()) return print_error(reference_path + ": " + std::string(page.status().message())), 1;
  const bool written = write(folder + "/weft.1", *page) && write(folder + "/weft.bash", bash_completion(commands)) &&
                       write(folder + "/_weft", zsh_completion(commands)) &&
                       write(folder + "/weft.fish", fish_completion(commands));
  return written ? 0 : 1;
}

}  // namespace
}  // namespace weft::app

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: weft_manual REFERENCE FOLDER\n", stderr), 2;
  return weft::app::make(argv[1], argv[2]);
}
