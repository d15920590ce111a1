#include "apps/weft/common.hpp"

#include <cstdio>
#include <fstream>

#include "core/base/error.hpp"

namespace weft::app {

void add_engine_options(CLI::App& command, Common& c) {
  command.add_option("--config", c.config, "weft.json to use instead of the user's");
  command.add_option("--threads", c.threads, "worker threads, 0: one a core")->check(CLI::Range(0, 4096));
  command.add_flag("--json", c.json, "machine-readable output");
  command.add_flag("-v,--verbose", c.verbose, "more on stderr");
}

void add_model_options(CLI::App& command, Common& c) {
  add_engine_options(command, c);
  command.add_option("MODEL", c.model, "a folder or a file")->required();
  command.add_option("--backend", c.backend, "NAME[:device][,NAME...]; later ones take what earlier ones refuse");
  command.add_flag("--strict-device", c.strict_device, "fail rather than fall back to a later backend");
  command.add_option("--precision", c.precision, "exact, default or fast")
      ->check(CLI::IsMember({"exact", "default", "fast"}));
  command.add_option("--ctx", c.context, "tokens a sequence may have")->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command.add_option("--kv", c.kv, "f16, bf16, f32 or q8_0")->check(CLI::IsMember({"f16", "bf16", "f32", "q8_0"}));
  command.add_option("--architecture", c.architecture, "force a blueprint by its id");
}

Result<std::shared_ptr<Engine>> make_engine(const Common& c) {
  EngineOptions options;
  options.config_path = c.config;
  options.threads = static_cast<uint32_t>(c.threads);
  options.log = [verbose = c.verbose](uint32_t level, std::string_view component, std::string_view message) {
    if (level < WEFT_LOG_WARN && !verbose) return;
    const char* what = level >= WEFT_LOG_ERROR ? "error" : level == WEFT_LOG_WARN ? "warning" : "info";
    std::fprintf(stderr, "weft: %s: %.*s: %.*s\n", what, static_cast<int>(component.size()), component.data(),
                 static_cast<int>(message.size()), message.data());
  };
  return Engine::create(std::move(options));
}

Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& c, int64_t sequences) {
  LoadOptions options;
  options.backend = c.backend;
  options.precision = c.precision;
  options.kv = c.kv;
  options.architecture = c.architecture;
  options.strict_device = c.strict_device;
  options.context = c.context;
  options.sequences = sequences;
  return Model::load(engine, c.model, options);
}

Result<std::vector<int32_t>> parse_ids(const std::string& text) {
  std::vector<int32_t> ids;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find(',', at);
    if (end == std::string::npos) end = text.size();
    const std::string item = text.substr(at, end - at);
    char* rest = nullptr;
    errno = 0;
    const long long id = std::strtoll(item.c_str(), &rest, 10);
    if (item.empty() || *rest != '\0' || errno != 0 || id < 0 || id > INT32_MAX) {
      return invalid("token ids: \"{}\" is not a token id, expected 1,2,3", item);
    }
    ids.push_back(static_cast<int32_t>(id));
    at = end + 1;
  }
  return ids;
}

Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error(Code::kNotFound, "{}: cannot be read", path);
  std::string text;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) return error(Code::kResourceExhausted, "{}: larger than {} bytes", path, max_bytes);
  }
  return text;
}

int report(const Status& status) {
  std::string line(status.message());
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // one line, no control characters
  }
  std::fprintf(stderr, "weft: error: %s\n", line.c_str());
  return 1;
}

}  // namespace weft::app
