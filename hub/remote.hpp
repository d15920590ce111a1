// A repository of some service: its commits, their files, and where to get each file.
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
  /// The commit for which a branch or tag stands now; `tries` as in Call.
  virtual Result<std::string> commit(Client& client, const std::string& revision, int tries) = 0;
  /// All files of a commit; their paths and ids are checked.
  virtual Result<Listing> list(Client& client, const std::string& commit) = 0;
  virtual RemoteFile file(const std::string& commit, const Entry& entry) const = 0;
  virtual bool in_hub_cache() const { return false; }
  /// The license's identifier ("apache-2.0"); empty where the service does not say or cannot be asked.
  virtual std::string license(Client&, const std::string&) { return {}; }
};

/// The JSON that a GET gives; any status but 200 is a refusal.
Result<Answer> get_json(Client& client, const Server& server, const std::string& url, const Asked& asked, int tries,
                        Json& out);

std::unique_ptr<Remote> hf_remote(const Settings& settings, const std::string& repo);
std::unique_ptr<Remote> modelscope_remote(const Settings& settings, const std::string& repo);
struct OllamaHandle;
std::unique_ptr<Remote> ollama_remote(const Settings& settings, const OllamaHandle& handle);
/// A repository of one file; "#sha256=..." at the end of the URL gives the hash that it must have.
std::unique_ptr<Remote> url_remote(const std::string& url);

}  // namespace weft::hub
