// Files as servers list them, made entries whose names, sizes and hashes are checked.
#pragma once

#include <string>

#include "core/base/json.hpp"
#include "hub/cache.hpp"

namespace weft::hub {

/// An item of the Hub's list of a commit's files.
Result<Entry> hf_entry(const Json& item);
/// The target of rel="next" in a Link header; empty when there is none.
std::string next_link(const std::string& header);
/// The files in an answer of ModelScope.
Result<Listing> modelscope_files(const Json& answer);
/// The layers of an Ollama manifest as files.
Result<Listing> ollama_files(const std::string& manifest);

}  // namespace weft::hub
