// What a user, a host and the environment say about downloads.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace weft::hub {

/// The value of a variable, empty when it is not set. A host that hides its environment always gives an empty one.
using Variables = std::function<std::string(std::string_view name)>;

struct Settings {
  std::string endpoint = "https://huggingface.co";
  std::string cache;      // shared with all tools of Hugging Face
  std::string own_cache;  // for other sources than hf://
  std::string token, token_file;
  std::string token_note;  // what whoever sends a request to the endpoint is told of the token; empty: nothing
  std::string ollama = "https://registry.ollama.ai";
  std::string modelscope = "https://www.modelscope.cn", modelscope_token;
  std::string kaggle = "https://www.kaggle.com", kaggle_authorization;  // "Basic ..." or "Bearer ..."
  std::string http_proxy, https_proxy, no_proxy, ca_file, ca_folder;
  std::string home;  // messages show "~" instead
  bool offline = false, symlinks = true, progress_bars = true;
  uint32_t connections = 8;
  // How long connecting may take; without a byte for stall_seconds a connection is given up.
  double connect_seconds = 10;
  double stall_seconds = 10;
  double retry_seconds = 1;     // the first wait before another try; the next ones are 2, 4, 8, 8 times as long
};

/// Reads variables as the official client does (HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, ...), then `options`
/// (weft.json: plugins.options."weft.hub"; docs/reference.md lists them), which win. An unknown option is an error that
/// lists the known ones. A missing libcurl is an error too, so that whoever has Settings may call it.
Result<Settings> read_settings(const Variables& variables, const Json& options);

/// `text` as it may be shown: without tokens, and with "~" for the home folder.
std::string redact(const Settings& settings, std::string_view text);
Status redact(const Settings& settings, const Status& status);

}  // namespace weft::hub
