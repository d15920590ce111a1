// A handle in, a verified local file or folder out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hub/http.hpp"
#include "hub/select.hpp"
#include "hub/settings.hpp"

namespace weft::hub {

/// How far a pull has come. Texts live as long as the call.
struct Progress {
  enum class Kind { kStart, kBytes, kFile, kDone } kind = Kind::kBytes;
  std::string_view file;  // of kBytes and kFile
  uint64_t done = 0, size = 0;
  uint64_t all_done = 0, all_size = 0;
  uint32_t files_done = 0, files = 0;
};

struct PullOptions {
  Wanted wanted;
  std::function<void(const Progress&)> progress;  // from any thread, one call at a time
  Cancelled cancelled;
  std::function<void(const std::string&)> warn, note;  // note: what is worth a line where much is told
};

struct Pulled {
  std::string path;    // what to open
  std::string folder;  // the snapshot it lies in
  std::string commit;
  uint32_t fetched = 0;  // files that were not there before
  std::vector<std::string> files;  // in the snapshot
};

/// Schemes that pull() serves: hf, https, http (this machine alone), ollama, modelscope, kaggle.
const std::vector<std::string>& schemes();
/// Errors say what to do next and hold neither a token, a signed URL nor the home folder.
Result<Pulled> pull(const Settings& settings, const std::string& handle, const PullOptions& options);

class Delivery;
struct Started {
  Pulled pulled;
  std::shared_ptr<Delivery> rest;  // null: all files are there
};
/// The same, but comes back while large weight files are on their way; functions of `options` are called as long as
/// the delivery lives.
Result<Started> start_pull(const Settings& settings, const std::string& handle, const PullOptions& options);

}  // namespace weft::hub
