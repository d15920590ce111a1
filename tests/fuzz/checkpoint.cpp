// Any files as a checkpoint's folder: refused in one line, or opened, and what it says about text is read or refused.
#include "core/model/text_side.hpp"
#include "core/weights/fake_plugins.hpp"
#include "tests/fuzz/engine.hpp"
#include "tests/fuzz/input_files.hpp"

namespace {

void open(const std::string& path) {
  using weft::fuzz::check_message;
  const auto checkpoint = weft::fuzz::engine().open_checkpoint(path);
  check_message(checkpoint.status());
  if (!checkpoint.ok()) return;
  const auto text = weft::TextSide::load(weft::fuzz::engine(), **checkpoint);
  check_message(text.status());
  check_message(weft::stop_ids_of(**checkpoint, text.ok() ? &*text : nullptr).status());
  check_message(weft::sampling_choice_of(**checkpoint, [](const std::string&) {}).status());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static const weft::testing_weights::TempFolder root;
  const std::string folder = root.path() + "/model";
  const auto names = weft::fuzz::write_input_files(folder, {reinterpret_cast<const char*>(data), size});
  open(folder);
  if (!names.empty()) open(folder + "/" + names.back());
  return 0;
}
