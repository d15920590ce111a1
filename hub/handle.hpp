// What a user writes: hf://org/name[@revision][/path][:quant], ollama://name[:tag], ...
#pragma once

#include <string>

#include "weft/status.hpp"

namespace weft::hub {

/// A handle of hf:// or modelscope://.
struct RepoHandle {
  std::string repo;                // "org/name"
  std::string revision = "main";   // modelscope: "master"
  std::string path;                // a file or folder of the repository; empty: what the model needs
  std::string quant;               // "Q4_K_M"; empty: none is asked for
  std::string text() const;        // for messages
  std::string scheme = "hf";
};
/// A '/' in the revision is written as %2F, except in refs/pr/N and refs/convert/X.
Result<RepoHandle> parse_repo_handle(const std::string& text);

/// The handle of a page of the Hub at `endpoint`: https://huggingface.co/org/name, which /tree/REVISION,
/// /blob/REVISION/FILE or /resolve/REVISION/FILE may follow. Any other text is given back as it is.
std::string page_as_handle(const std::string& text, const std::string& endpoint);

struct OllamaHandle {
  std::string host;  // empty: the registry of the settings
  std::string name;  // "library/llama3.2"
  std::string tag = "latest";
};
Result<OllamaHandle> parse_ollama_handle(const std::string& text);

struct KaggleHandle {
  std::string model;    // "owner/model/framework/variation"
  std::string version;  // empty: the newest
};
Result<KaggleHandle> parse_kaggle_handle(const std::string& text);

}  // namespace weft::hub
