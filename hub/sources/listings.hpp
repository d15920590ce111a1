// What servers say of files, as entries whose names, sizes and hashes are checked.
#pragma once

#include <string>

#include "core/base/json.hpp"
#include "hub/cache.hpp"

namespace weft::hub {

/// An item of the Hub's list of a commit.
Result<Entry> hf_entry(const Json& item);
/// The target of rel="next" in a Link header; empty without.
std::string next_link(const std::string& header);
/// The files of ModelScope's answer.
Result<Listing> modelscope_files(const Json& answer);
/// The layers of an Ollama manifest.
Result<Listing> ollama_files(const std::string& manifest);

}  // namespace weft::hub
