#include "apps/weft/common.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>

#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft::app {

void add_engine_options(Command& command, Common& c) {
  command.add("--config", &c.config, "weft.json to use instead of the user's").value = "FILE";
  command.add("--threads", &c.threads, "worker threads, at most one a processor; 0: that many").range = {0, 4096};
  command.add("--pin-threads", &c.pin_threads, "keep each worker thread on one processor");
  command.add("--json", &c.json, "machine-readable output");
  command.add("-v,--verbose", &c.verbose, "more on stderr");
}

void add_model_options(Command& command, Common& c, const char* model_name, const char* model_help) {
  add_engine_options(command, c);
  Option& model = command.add(model_name, &c.model, model_help);
  model.required = true, model.value = "MODEL";
  command.add("--backend", &c.backend, "NAME[:device][,NAME...]; later ones take what earlier ones refuse");
  command.add("--layers", &c.layers, "spread the model over devices: NAME:0-9,NAME:1:10-31").value = "SPLIT";
  command.add("--cache", &c.cache_bytes, "most memory for the cache of a session, such as 512M or 2G").value = kBytes;
  command.add("--allow-unused", &c.allow_unused, "run without the tensors that the model does not take");
  command.add("--strict-device", &c.strict_device, "fail rather than fall back to a later backend");
  constexpr const char* kPrecision =
      "how far activations are rounded: exact, default or fast; unless given: default of run and bench, exact of "
      "commands that tell numbers";
  command.add("--precision", &c.precision, kPrecision).choices = {"exact", "default", "fast"};
  command.add("--ctx", &c.context, "tokens a sequence may have").range = {1, 1 << 24};
  command.add("--kv", &c.kv, "cache as f16, bf16, f32 or q8_0").choices = {"f16", "bf16", "f32", "q8_0"};
  command.add("--architecture", &c.architecture, "force a blueprint by its id");
  command.add("--raw-output", &raw_output(), "let what is printed reach a terminal unchanged, its escapes too");
}

namespace {

/// Tells how far a source has fetched a model, on the line that shows what the command is busy with.
class FetchLine {
 public:
  void operator()(const weft_source_progress& p) {
    const std::string file = one_line(to_view(p.file));
    if (file.empty() && p.all_done == 0 && p.files > 0) {
      start_ = std::chrono::steady_clock::now(), before_ = kUnknown;
      if (!isatty(STDERR_FILENO)) {
        std::fprintf(stderr, "weft: fetching %s, %.1f MB\n", counted(p.files, "file").c_str(), megabytes(p.all_size));
      }
    }
    if (file.empty()) return;
    if (before_ == kUnknown) before_ = p.all_done;  // what an earlier run had fetched
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = seconds > 0 && p.all_done > before_ ? static_cast<double>(p.all_done - before_) / seconds : 0;
    std::string text =
        fmt::format("fetching {}, {:.1f} of {:.1f} MB", file, megabytes(p.all_done), megabytes(p.all_size));
    if (rate > 0 && p.all_size > p.all_done) {
      const auto left = static_cast<int64_t>(static_cast<double>(p.all_size - p.all_done) / rate);
      text += fmt::format(", {:.1f} MB/s, {}:{:02} left", rate / 1e6, left / 60, left % 60);
    }
    Progress::note(text);
  }

 private:
  static constexpr uint64_t kUnknown = UINT64_MAX;
  static double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }
  std::chrono::steady_clock::time_point start_{};
  uint64_t before_ = kUnknown;
};

}  // namespace

Result<std::shared_ptr<Engine>> make_engine(const Common& c) {
  EngineOptions options;
  options.config_path = c.config;
  options.threads = static_cast<uint32_t>(c.threads);
  options.pin_threads = c.pin_threads;
  options.log = [verbose = c.verbose](uint32_t level, std::string_view component, std::string_view message) {
    if (level < WEFT_LOG_WARN && !verbose) return;
    const char* what = level >= WEFT_LOG_ERROR ? "error" : level == WEFT_LOG_WARN ? "warning" : "info";
    Progress::step_aside();
    std::fprintf(stderr, "weft: %s: %s: %s\n", what, one_line(component).c_str(), shown(message).c_str());
  };
  options.fetch.progress = FetchLine();
  options.fetch.cancelled = [] { return Interrupts::flag().load(); };
  return Engine::create(std::move(options));
}

LoadOptions load_options(const Common& c) {
  LoadOptions options;
  options.backend = c.backend, options.layers = c.layers;
  options.precision = c.precision;
  options.kv = c.kv;
  options.architecture = c.architecture;
  options.strict_device = c.strict_device, options.allow_unused = c.allow_unused;
  options.context = c.context, options.cache_bytes = c.cache_bytes;
  return options;
}

Common exact_unless_said(Common c) {
  if (c.precision.empty()) c.precision = "exact";
  return c;
}

LoadOptions any_graph(const Common& c) {
  LoadOptions options = load_options(c);
  options.roles.clear();
  return options;
}

Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& c, const char* role) {
  const Progress progress("loading " + one_line(c.model));
  LoadOptions options = load_options(c);
  options.roles = {role};
  return Model::load(engine, c.model, options);
}

Result<std::vector<int32_t>> parse_ids(const std::string& text) {
  std::vector<int32_t> ids;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string_view item = std::string_view(text).substr(at, end - at);
    const std::size_t first = item.find_first_not_of(' '), last = item.find_last_not_of(' ');
    item = first == std::string_view::npos ? std::string_view() : item.substr(first, last - first + 1);
    int32_t id = -1;
    const auto [rest, failed] = std::from_chars(item.data(), item.data() + item.size(), id);
    if (failed != std::errc() || rest != item.data() + item.size() || id < 0) {
      return invalid("token ids: \"{}\" is not a token id, expected 1,2,3", item);
    }
    ids.push_back(id);
    at = end + 1;
  }
  return ids;
}

Result<Json> read_json_file(const std::string& path) {
  WEFT_TRY(const std::string text, read_whole_file(path));
  auto parsed = parse_json(text);
  if (!parsed.ok()) return parsed.status().with_context(path);
  return parsed;
}

namespace {

/// A message of the library, which does not know the command, with the options that its user can type.
std::string for_users(std::string_view message) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"raise the context", "raise the context (--ctx)"},
      {"see the plugin report", "see weft plugins --why"},
      {"give it the text as it is", "give it the text as it is (--raw)"}};
  std::string text(message);
  for (const auto& [library, command] : kWords) {
    if (const std::size_t at = text.find(library); at != text.npos) text.replace(at, library.size(), command);
  }
  constexpr std::string_view kMissing = ": no such file or folder";
  if (text.ends_with(kMissing)) text += handle_meant(text.substr(0, text.size() - kMissing.size()));
  return text;
}

}  // namespace

void print_error(std::string_view message) {
  Progress::step_aside();
  std::fprintf(stderr, "weft: error: %s\n", shown(for_users(message)).c_str());
}

}  // namespace weft::app
