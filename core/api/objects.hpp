// What stands behind the opaque types of weft.h, and the way out for errors.
#pragma once

#include <atomic>
#include <memory>

#include "core/base/status_abi.hpp"
#include "core/runtime/engine.hpp"
#include "core/runtime/generate.hpp"
#include "core/runtime/model.hpp"
#include "weft/weft.h"

struct weft_runtime {
  std::shared_ptr<weft::Engine> engine;
};

struct weft_model {
  std::shared_ptr<weft::Model> model;
  std::string summary;
};

struct weft_session {
  std::shared_ptr<weft::Model> model;
  std::unique_ptr<weft::Session> session;
};

struct weft_generation {
  std::atomic<bool> cancelled{false};
  std::unique_ptr<weft::Generation> generation;
  weft::Piece piece;
  std::vector<weft_logprob> top;
};

namespace weft {

/// Options as this build knows them: what a caller compiled against an older header does not know
/// keeps its default, and an unknown tail is not looked at.
template <class T>
T options_or(const T* given, T defaults) {
  if (given == nullptr) return defaults;
  const std::size_t n = std::min<std::size_t>(given->hdr.struct_size, sizeof(T));
  std::memcpy(static_cast<void*>(&defaults), given, n);
  return defaults;
}

/// INVALID_ARGUMENT for sizes that are none.
Result<LoadOptions> load_options(const weft_model_options* given);
inline std::string text_or_empty(const char* s) { return s ? s : ""; }
/// Copies out; RESOURCE_EXHAUSTED when there is no memory.
Status give_text(std::string_view text, weft_text* out);
Status give_ids(std::span<const int32_t> ids, weft_ids* out);

}  // namespace weft
