#include "apps/weft/check/samples.hpp"

#include <unistd.h>

#include <fstream>

#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/plugins/discovery.hpp"

namespace weft::app {

namespace fs = std::filesystem;

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::make() {
  std::error_code failed;
  std::string name = (fs::temp_directory_path(failed) / "weft-check-XXXXXX").string();
  if (failed || mkdtemp(name.data()) == nullptr) return error(Code::kUnavailable, "{}: no folder can be made", name);
  std::unique_ptr<ScratchFolder> made(new ScratchFolder);
  made->path_ = name;
  return made;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Status ScratchFolder::write(const std::string& name, std::string_view text) const {
  std::ofstream out(path_ / name, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  return out ? Status() : error(Code::kUnavailable, "{}: cannot be written", (path_ / name).string());
}

Result<SampleCopy> copy_sample(const std::string& sample) {
  constexpr uint64_t kMostBytes = 256u << 20;
  SampleCopy copy;
  WEFT_TRY(copy.folder, ScratchFolder::make());
  std::error_code failed;
  const bool folder = fs::is_directory(sample, failed);
  const fs::path from = folder ? fs::path(sample) : fs::path(sample).parent_path();
  if (folder) {
    WEFT_TRY(copy.files, list_folder(sample, Entries::kRegularFiles));
  } else {
    copy.files = {fs::path(sample).filename().string()};
  }
  uint64_t bytes = 0;
  for (const std::string& name : copy.files) {
    bytes += fs::file_size(from / name, failed);
    if (failed) return error(Code::kNotFound, "{}: {}", (from / name).string(), failed.message());
    if (bytes > kMostBytes)
      return error(Code::kResourceExhausted, "{}: more than 256 MB; give a smaller sample", sample);
    fs::copy_file(from / name, copy.folder->path() / name, failed);
    if (failed) return error(Code::kUnavailable, "{}: {}", name, failed.message());
    fs::permissions(copy.folder->path() / name, fs::perms::owner_read | fs::perms::owner_write, failed);
  }
  copy.path = folder ? copy.folder->path().string() : (copy.folder->path() / copy.files.front()).string();
  return copy;
}

Result<std::shared_ptr<Engine>> engine_with(const Subject& subject, Reporter& reporter,
                                            std::vector<std::string>* log) {
  EngineOptions options;
  options.use_environment = false;
  options.threads = 2;
  options.plugin_paths = {fs::path(subject.library_path).parent_path().string()};
  for (const std::string& folder : own_plugin_folders()) {
    std::error_code failed;
    if (fs::is_directory(folder, failed)) options.plugin_paths.push_back(folder);
  }
  const Json enabled = Json::array({subject.manifest.id, "weft.*"});
  options.config_text = Json({{"plugins", {{"enable", enabled}}}}).dump();
  options.breaches = [&reporter, id = subject.manifest.id](std::string_view plugin, std::string_view rule,
                                                           std::string_view what) {
    if (plugin == id) reporter.breach(rule, what);
  };
  if (log != nullptr) {
    options.log = [log](uint32_t, std::string_view, std::string_view message) { log->emplace_back(message); };
  }
  return Engine::create(std::move(options));
}

}  // namespace weft::app
