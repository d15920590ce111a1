// What a user, a host or the environment says about downloads.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"

namespace weft::hub {

/// A variable's value, empty when it is not set; who may not read the environment always answers so.
using Variables = std::function<std::string(std::string_view name)>;

struct Settings {
  std::string endpoint = "https://huggingface.co";
  std::string cache;      // shared with every Hugging Face tool
  std::string own_cache;  // of the other sources
  std::string token, token_file;
  std::string ollama = "https://registry.ollama.ai";
  std::string modelscope = "https://www.modelscope.cn", modelscope_token;
  std::string kaggle = "https://www.kaggle.com", kaggle_authorization;  // "Basic ..." or "Bearer ..."
  std::string http_proxy, https_proxy, no_proxy, ca_file, ca_folder;
  std::string home;  // never shown
  bool offline = false, symlinks = true, progress_bars = true;
  uint32_t connections = 8;
  double connect_seconds = 10;  // to be connected; without a byte for stall_seconds a connection is given up
  double stall_seconds = 10;
  double retry_seconds = 1;     // the first wait; the next ones are 2, 4, 8, 8 times as long
};

/// Variables as the official client reads them (HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN, ...), then
/// `options` (weft.json: plugins.options."weft.hub"), which win: endpoint, cache, own_cache, token_file,
/// offline, connections, retry_seconds, stall_seconds, connect_seconds, ollama, modelscope, kaggle, proxy,
/// ca_file. An unknown option is an error that lists the known ones. So is a missing libcurl one: whoever
/// has Settings may call it.
Result<Settings> read_settings(const Variables& variables, const Json& options);

/// `text` without the token and with "~" for the home folder: what may be shown.
std::string redact(const Settings& settings, std::string_view text);
Status redact(const Settings& settings, const Status& status);

}  // namespace weft::hub
