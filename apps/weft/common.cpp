#include "apps/weft/common.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "apps/weft/interrupt.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft::app {

void add_engine_options(CLI::App& command, Common& c) {
  command.add_option("--config", c.config, "weft.json to use instead of the user's");
  command.add_option("--threads", c.threads, "worker threads, at most one a processor; 0: that many")->check(CLI::Range(0, 4096));
  command.add_flag("--pin-threads", c.pin_threads, "keep each worker thread on one processor");
  command.add_flag("--json", c.json, "machine-readable output");
  command.add_flag("-v,--verbose", c.verbose, "more on stderr");
}

void add_model_options(CLI::App& command, Common& c, const char* model_name, const char* model_help) {
  add_engine_options(command, c);
  command.add_option(model_name, c.model, model_help)->required();
  command.add_option("--backend", c.backend, "NAME[:device][,NAME...]; later ones take what earlier ones refuse");
  command.add_flag("--strict-device", c.strict_device, "fail rather than fall back to a later backend");
  command.add_option("--precision", c.precision, "exact, default or fast")
      ->check(CLI::IsMember({"exact", "default", "fast"}));
  command.add_option("--ctx", c.context, "tokens a sequence may have")->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  command.add_option("--kv", c.kv, "cache as f16, bf16, f32 or q8_0")->check(CLI::IsMember({"f16", "bf16", "f32", "q8_0"}));
  command.add_option("--architecture", c.architecture, "force a blueprint by its id");
}

CLI::Validator number_between(double least, double most) {
  return CLI::Validator(
      [=](std::string& text) {
        char* end = nullptr;
        const double v = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && std::isfinite(v) && v >= least && v <= most) return std::string();
        return fmt::format("\"{}\" is not a number from {} to {}", text, least, most);
      },
      fmt::format("[{} - {}]", least, most));
}

CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) {
        uint64_t v = 0;
        const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), v);
        if (failed == std::errc() && rest == text.data() + text.size()) return std::string();
        return fmt::format("\"{}\" is not a whole number from 0 to {}", text, UINT64_MAX);
      },
      "[0 - 2^64)");
}

namespace {

/// What a source is busy with, beside what the command is.
class FetchLine {
 public:
  void operator()(const weft_source_progress& p) {
    const std::string file = one_line(to_view(p.file));
    if (file.empty() && p.all_done == 0 && p.files > 0) {
      start_ = std::chrono::steady_clock::now(), before_ = kUnknown;
      if (!isatty(STDERR_FILENO)) std::fprintf(stderr, "weft: fetching %u file%s, %.1f MB\n", p.files, p.files == 1 ? "" : "s", megabytes(p.all_size));
    }
    if (file.empty()) return;
    if (before_ == kUnknown) before_ = p.all_done;  // what an earlier run had fetched
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double rate = seconds > 0 && p.all_done > before_ ? static_cast<double>(p.all_done - before_) / seconds : 0;
    std::string text = fmt::format("fetching {}, {:.1f} of {:.1f} MB", file, megabytes(p.all_done), megabytes(p.all_size));
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
  options.backend = c.backend;
  options.precision = c.precision;
  options.kv = c.kv;
  options.architecture = c.architecture;
  options.strict_device = c.strict_device;
  options.context = c.context;
  return options;
}

LoadOptions any_graph(const Common& c) {
  LoadOptions options = load_options(c);
  options.graph.clear();
  return options;
}

Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& c, const char* graph) {
  const Progress progress("loading " + one_line(c.model));
  LoadOptions options = load_options(c);
  options.graph = graph;
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

Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) return error(Code::kResourceExhausted, "{}: larger than {} bytes", path, max_bytes);
  }
  if (!in.is_open() || in.bad()) {  // a folder opens and fails when read
    return error(Code::kNotFound, "{}: cannot be read: {}", path, errno ? std::strerror(errno) : "unknown reason");
  }
  return text;
}

Result<Json> read_json_file(const std::string& path) {
  WEFT_TRY(const std::string text, read_whole_file(path));
  auto parsed = parse_json(text);
  if (!parsed.ok()) return parsed.status().with_context(path);
  return parsed;
}

void print_error(std::string_view message) {
  Progress::step_aside();
  std::fprintf(stderr, "weft: error: %s\n", shown(message).c_str());
}

void finish(int& exit_code, const std::function<Status()>& body) {
  Status s = body();
  if (s.code() == Code::kCancelled && Interrupts::flag()) {
    exit_code = 130;
    return;
  }
  if (Status flushed = flush_output(); s.ok()) s = flushed;
  if (s.ok()) return;
  print_error(s.message());
  exit_code = 1;
}

}  // namespace weft::app
