#include "apps/weft/answers.hpp"

#include <utility>

#include "apps/weft/output.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"

namespace weft::app {

Result<Answers> Answers::open(const std::string& path) {
  if (!path.empty()) WEFT_CHECK_OK(check_place(path));
  return Answers(path);
}

Status Answers::add(std::string text) {
  if (!in_file()) return print(text);
  held_.push_back(std::move(text));
  return {};
}

Status Answers::flush() { return in_file() ? Status() : flush_output(); }

Status Answers::end() {
  if (!in_file()) return flush_output();
  const std::vector<std::string_view> parts(held_.begin(), held_.end());
  return write_whole(path_, parts);
}

}  // namespace weft::app
