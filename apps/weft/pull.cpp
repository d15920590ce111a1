// weft pull MODEL: fetches what a handle names and prints where it is.
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "apps/weft/hub.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "hub/names.hpp"

namespace weft::app {
namespace {

struct Options {
  HubOptions hub;
  std::string handle;
  uint32_t connections = 0;
  hub::Wanted wanted;
};

/// Shows a pull: bars on a terminal, lines elsewhere, JSON events if asked.
class Display {
 public:
  Display(bool json, bool bars) : json_(json), bars_(bars && isatty(STDERR_FILENO) == 1) {}
  ~Display() { erase(); }

  void operator()(const hub::Progress& p) {
    using Kind = hub::Progress::Kind;
    if (p.kind == Kind::kStart && p.all_done == 0) start_ = std::chrono::steady_clock::now();
    if (json_) return event(p);
    const std::string file = one_line(p.file);
    if (p.kind == Kind::kFile) {
      erase();
      std::fprintf(stderr, "weft: %s, %s (%u of %u)\n", file.c_str(), bytes_text(p.size).c_str(), p.files_done,
                   p.files);
    } else if (p.kind == Kind::kStart) {
      std::fprintf(stderr, "weft: %s, %s to fetch\n", counted(p.files, "file").c_str(),
                   bytes_text(p.all_size).c_str());
    } else if (bars_ && p.kind == Kind::kBytes) {
      bar(p, file);
    }
  }

 private:
  static std::string percent(uint64_t done, uint64_t size) {
    return fmt::format("{:3.0f} %", size == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(size));
  }

  void bar(const hub::Progress& p, const std::string& file) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (!counting_) counting_ = true, before_ = p.all_done;  // an earlier pull had fetched these bytes
    const double rate = seconds > 0 && p.all_done > before_ ? static_cast<double>(p.all_done - before_) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(p.all_size - std::min(p.all_done, p.all_size)) / rate : 0;
    constexpr int width = 20;
    const int filled =
        p.all_size == 0 ? width
                        : static_cast<int>(static_cast<double>(p.all_done) / static_cast<double>(p.all_size) * width);
    std::string blocks(static_cast<std::size_t>(std::clamp(filled, 0, width)), '#');
    blocks.resize(width, '.');
    std::fprintf(stderr, "\r\x1b[K[%s] %s of %s, %s/s, %d:%02d left; %s %s", blocks.c_str(),
                 percent(p.all_done, p.all_size).c_str(), bytes_text(p.all_size).c_str(),
                 bytes_text(static_cast<uint64_t>(rate)).c_str(), static_cast<int>(left) / 60,
                 static_cast<int>(left) % 60, file.substr(0, 30).c_str(), percent(p.done, p.size).c_str());
    shown_ = true;
  }

  void erase() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

  static void event(const hub::Progress& p) {
    constexpr const char* names[] = {"start", "bytes", "file", "done"};
    Json e = {{"event", names[static_cast<int>(p.kind)]}};
    if (!p.file.empty()) e["file"] = std::string(p.file), e["done"] = p.done, e["size"] = p.size;
    e["all_done"] = p.all_done, e["all_size"] = p.all_size, e["files_done"] = p.files_done, e["files"] = p.files;
    (void)print(json_text(e) + "\n");
    (void)flush_output();
  }

  bool json_, bars_, shown_ = false, counting_ = false;
  uint64_t before_ = 0;
  std::chrono::steady_clock::time_point start_{};
};

Status pull(const Options& o) {
  WEFT_TRY(hub::Settings settings, hub_settings(o.hub));
  if (o.connections != 0) settings.connections = o.connections;
  if (o.handle.find("://") == o.handle.npos)
    return invalid("{}: is no handle; expected one as hf://org/name{}", o.handle, handle_meant(o.handle));
  exit_on_interrupt();
  Display display(o.hub.json, settings.progress_bars);
  hub::PullOptions options;
  options.wanted = o.wanted;
  options.progress = [&](const hub::Progress& p) { display(p); };
  options.warn = print_warning;
  WEFT_TRY(const hub::Pulled pulled, hub::pull(settings, o.handle, options));
  if (!o.hub.json) return print(pulled.path + "\n");
  return print(
      json_text({{"event", "path"}, {"path", pulled.path}, {"commit", pulled.commit}, {"fetched", pulled.fetched}}) +
      "\n");
}

}  // namespace

void add_pull(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("pull", "fetch a model into the cache, and print where it is", [o] { return pull(*o); });
  const char* handles = "hf://org/name[@revision][/path][:quant], ollama://name, https://..., modelscope://, kaggle://";
  Option& model = command.add("MODEL", &o->handle, handles);
  model.required = true, model.value = "MODEL";
  add_hub_options(command, o->hub);
  command.add("--connections", &o->connections, "at once, 8 unless said").range = {1, 64};
  command.add("--all", &o->wanted.all, "every file, not only what the model needs");
  const char* include = "files that match, instead of what the model needs";
  command.add("--include", &o->wanted.include, include).excludes = {"--all"};
  command.add("--exclude", &o->wanted.exclude, "all files but those that match");
}

}  // namespace weft::app
