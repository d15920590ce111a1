// A tokenizer that a plugin has made, behind the same face as those of core/text.
#pragma once

#include <memory>

#include "core/plugins/registry.hpp"
#include "core/text/tokenizer.hpp"
#include "core/weights/checkpoint.hpp"

namespace weft {

/// Makes the tokenizer that `offer`, a table of weft.tokenizer, has for this checkpoint. `engine` keeps the plugin
/// alive. Nothing that the plugin gives is taken unchecked; errors, also those of later calls, name it.
Result<Tokenizer> open_plugin_tokenizer(const Interface& offer, const Checkpoint& checkpoint,
                                        std::shared_ptr<const void> engine);

}  // namespace weft
