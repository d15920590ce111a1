// Any change of a config.json: the blueprint is refused in one line, or made. The input is the name of a golden, whose
// weights are in the folder, then lines "KEY VALUE" that set a key of its config; without VALUE the key is taken away.
#include <map>
#include <set>

#include "core/model/model.hpp"
#include "core/weights/fake_plugins.hpp"
#include "tests/family_golden.hpp"
#include "tests/fuzz/engine.hpp"
#include "weft/abi/architecture.h"

namespace {

using namespace weft;

/// The folders of the goldens whose families were built, by their names.
struct Goldens {
  testing_weights::TempFolder root;
  std::map<std::string, Json> configs;

  Goldens() {
    std::set<std::string> types;
    for (const Interface& i : fuzz::engine().architectures())
      types.emplace(to_view(static_cast<const weft_architecture*>(i.table)->id));
    for (const auto& file : test::family_goldens()) {
      const test::FamilyGolden golden = test::read_family_golden(file);
      if (golden.in_blocks() || !types.contains(golden.name.substr(0, golden.name.find('.')))) continue;
      test::write_folder(golden, root.path() + "/" + golden.name);
      configs[golden.name] = golden.json["config"];
    }
    if (configs.empty()) std::abort();
  }
};

const Goldens& goldens() {
  static const Goldens all;
  return all;
}

}  // namespace

// Weights take longer to write than an input may take.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  goldens();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto line = [&] {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(text.size() + (text.size() < rest.size() ? 1 : 0));
    return text;
  };
  const auto golden = goldens().configs.lower_bound(std::string(line()));
  if (golden == goldens().configs.end()) return -1;
  Json config = golden->second;
  Json& text = config.contains("text_config") ? config["text_config"] : config;
  while (!rest.empty()) {
    const std::string_view change = line();
    const std::string key(change.substr(0, change.find(' ')));
    text.erase(key);
    if (key.size() == change.size()) continue;
    if (auto value = parse_json(change.substr(key.size() + 1), {.python = true}); value.ok()) text[key] = *value;
  }
  const std::string folder = goldens().root.path() + "/" + golden->first;
  std::ofstream(folder + "/config.json") << config.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto checkpoint = fuzz::engine().open_checkpoint(folder);
  if (!checkpoint.ok()) std::abort();
  const auto blueprint = make_blueprint(fuzz::engine(), **checkpoint, {.roles = {}, .context = 64});
  fuzz::check_message(blueprint.status());
  return 0;
}
