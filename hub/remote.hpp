// A repository of some service: commits, their files, and where each file is.
#pragma once

#include <memory>
#include <string>

#include "hub/cache.hpp"
#include "hub/download.hpp"

namespace weft::hub {

class Remote {
 public:
  virtual ~Remote() = default;
  virtual std::string text() const = 0;        // "hf://org/name", for messages
  virtual std::string cache_name() const = 0;  // "models--org--name"
  /// The commit that a branch or tag stands for now; `tries` as in Call.
  virtual Result<std::string> commit(Client& client, const std::string& revision, int tries) = 0;
  /// All files, their paths and ids checked.
  virtual Result<Listing> list(Client& client, const std::string& commit) = 0;
  virtual RemoteFile file(const std::string& commit, const Entry& entry) const = 0;
  virtual bool in_hub_cache() const { return false; }
  /// Its identifier ("apache-2.0"); empty where it is not said or cannot be had.
  virtual std::string license(Client&, const std::string&) { return {}; }
};

/// The JSON that a GET gives; a status but 200 is a refusal.
Result<Answer> get_json(Client& client, const Server& server, const std::string& url, const Asked& asked, int tries,
                        Json& out);

std::unique_ptr<Remote> hf_remote(const Settings& settings, const std::string& repo);
std::unique_ptr<Remote> modelscope_remote(const Settings& settings, const std::string& repo);
struct OllamaHandle;
std::unique_ptr<Remote> ollama_remote(const Settings& settings, const OllamaHandle& handle);
/// One file; a "#sha256=..." behind the URL is what it must hash to.
std::unique_ptr<Remote> url_remote(const std::string& url);

}  // namespace weft::hub
