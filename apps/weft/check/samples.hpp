// The author's samples, in copies that may be changed, and an engine with the plugin that reads them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/weft/check/reporter.hpp"
#include "apps/weft/check/subject.hpp"
#include "core/model/engine.hpp"

namespace weft::app {

/// A folder of its own, removed at the end.
class ScratchFolder {
 public:
  /// UNAVAILABLE: none can be made.
  static Result<std::unique_ptr<ScratchFolder>> make();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  Status write(const std::string& name, std::string_view text) const;

 private:
  ScratchFolder() = default;
  std::filesystem::path path_;
};

/// A sample's copy: its folder, and what a host would be given of it.
struct SampleCopy {
  std::unique_ptr<ScratchFolder> folder;
  std::string path;                // the folder, or the file in it
  std::vector<std::string> files;  // the regular files of the sample
};
/// Copies a sample: one file, or the files of a folder. RESOURCE_EXHAUSTED: more than 256 MB.
Result<SampleCopy> copy_sample(const std::string& sample);

/// An engine with the plugin and those of weft, which watches them; breaches of the plugin go to the reporter. `log`
/// gets what is logged.
Result<std::shared_ptr<Engine>> engine_with(const Subject& subject, Reporter& reporter,
                                            std::vector<std::string>* log = nullptr);

}  // namespace weft::app
