// What the opaque types of weft.h are, and how errors leave the API.
#pragma once

#include <atomic>
#include <memory>

#include "core/base/status_abi.hpp"
#include "core/model/engine.hpp"
#include "core/model/model.hpp"
#include "core/runtime/generate.hpp"
#include "core/text/detokenizer.hpp"
#include "weft/weft.h"

struct weft_runtime {
  std::shared_ptr<weft::Engine> engine;
};

struct weft_cancel {
  std::shared_ptr<std::atomic<bool>> raised;
};

struct weft_model {
  std::shared_ptr<weft::Model> model;
  std::string summary;
};

struct weft_session {
  std::shared_ptr<weft::Model> model;
  std::unique_ptr<weft::Session> session;
};

struct weft_graph_call {
  std::unique_ptr<weft::GraphCall> call;
  weft::TensorView last;
};

struct weft_generation {
  weft::Sampling sampling;
  std::unique_ptr<weft::Generation> generation;
  weft::Piece piece;
  std::vector<weft_logprob> top;
};

struct weft_detokenizer {
  weft::Detokenizer stream;
  std::string text;  // the text that the last call gave
};

namespace weft {

/// Returns INVALID_ARGUMENT from the function when a pointer is NULL, or when an array of at least one entry is.
#define WEFT_NEED(pointer) \
  if ((pointer) == nullptr) return to_abi(Code::kInvalidArgument, std::string(__func__) + ": " #pointer " is NULL")
#define WEFT_NEED_ARRAY(array, n)                                                                         \
  if ((array) == nullptr && (n) > 0) {                                                                    \
    return to_abi(Code::kInvalidArgument,                                                                 \
                  std::string(__func__) + ": " #array " is NULL, though " #n " is " + std::to_string(n)); \
  }

/// INVALID_ARGUMENT: the struct was not made by WEFT_INIT, which writes its size.
Status check_header(const weft_hdr& hdr, const char* type);
/// INVALID_ARGUMENT: one of the `n` entries is NULL, or the array is.
Status check_entries(const char* name, const void* array, uint64_t n);
template <class T>
Status check_entries(const char* name, const T* const* array, uint64_t n) {
  WEFT_CHECK_OK(check_entries(name, static_cast<const void*>(array), n));
  for (uint64_t i = 0; i < n; ++i) {
    if (array[i] == nullptr)
      return {Code::kInvalidArgument, std::string(name) + ": entry " + std::to_string(i) + " is NULL"};
  }
  return {};
}

/// The caller's options as this build knows them. A field that the caller's older header does not have keeps its
/// default; fields of a newer header are ignored.
template <class T>
Result<T> options_or(const T* given, T defaults, const char* type) {
  if (given == nullptr) return defaults;
  WEFT_CHECK_OK(check_header(given->hdr, type));
  const std::size_t n = std::min<std::size_t>(given->hdr.struct_size, sizeof(T));
  std::memcpy(static_cast<void*>(&defaults), given, n);
  return defaults;
}
#define WEFT_OPTIONS_OR(given, T) options_or<T>(given, WEFT_INIT(T), #T)

/// What the host allows, from now on; NULL: everything. An error: the call is not wanted from the start.
Result<CallLimits> call_limits(const weft_limits* given);
Result<LoadOptions> load_options(const weft_model_options* given);
inline EncodeOptions encode_options(uint32_t flags, const CallLimits& limits) {
  return {.add_special = (flags & WEFT_TOKENIZE_NO_SPECIAL) == 0,
          .parse_special = (flags & WEFT_TOKENIZE_NO_PARSE_SPECIAL) == 0, .limits = &limits};
}
inline std::string text_or_empty(const char* s) { return s ? s : ""; }
/// Copies the text into memory that the caller frees. RESOURCE_EXHAUSTED: there is no memory.
Status give_text(std::string_view text, weft_text* out);
Status give_ids(std::span<const int32_t> ids, weft_ids* out);

}  // namespace weft
