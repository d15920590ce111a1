// The interfaces that the host uses.
#pragma once

#include <array>
#include <cstddef>

#include "core/plugins/registry.hpp"
#include "weft/abi/architecture.h"
#include "weft/abi/backend.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"
#include "weft/abi/source.h"
#include "weft/abi/tokenizer.h"

namespace weft {

#define WEFT_FUNCTION(table, function) \
  { #function, offsetof(table, function) }

/// What a device with memory or time of its own needs besides, Device::open checks.
inline const InterfaceKind kBackends{
    WEFT_BACKEND_INTERFACE, WEFT_END(weft_backend, execute), true,
    {WEFT_FUNCTION(weft_backend, device_count), WEFT_FUNCTION(weft_backend, device_info),
     WEFT_FUNCTION(weft_backend, device_open), WEFT_FUNCTION(weft_backend, device_close),
     WEFT_FUNCTION(weft_backend, supports), WEFT_FUNCTION(weft_backend, state_layout),
     WEFT_FUNCTION(weft_backend, store_new), WEFT_FUNCTION(weft_backend, store_free),
     WEFT_FUNCTION(weft_backend, compile), WEFT_FUNCTION(weft_backend, exec_free),
     WEFT_FUNCTION(weft_backend, instance_new), WEFT_FUNCTION(weft_backend, instance_free),
     WEFT_FUNCTION(weft_backend, execute)}};
inline const InterfaceKind kArchitectures{
    WEFT_ARCHITECTURE_INTERFACE, WEFT_END(weft_architecture, build), true,
    {WEFT_FUNCTION(weft_architecture, open), WEFT_FUNCTION(weft_architecture, close),
     WEFT_FUNCTION(weft_architecture, info), WEFT_FUNCTION(weft_architecture, build)}};
inline const InterfaceKind kConverters{
    WEFT_CONVERTER_INTERFACE, WEFT_END(weft_converter, plan), true,
    {WEFT_FUNCTION(weft_converter, probe), WEFT_FUNCTION(weft_converter, identify),
     WEFT_FUNCTION(weft_converter, plan)}};
inline const InterfaceKind kFormats{
    WEFT_FORMAT_INTERFACE, WEFT_END(weft_format, read), true,
    {WEFT_FUNCTION(weft_format, locate), WEFT_FUNCTION(weft_format, read)}};
inline const InterfaceKind kSources{
    WEFT_SOURCE_INTERFACE, WEFT_END(weft_source, resolve), true, {WEFT_FUNCTION(weft_source, resolve)}};
inline const InterfaceKind kTokenizers{
    WEFT_TOKENIZER_INTERFACE, WEFT_END(weft_tokenizer, flush), true,
    {WEFT_FUNCTION(weft_tokenizer, open), WEFT_FUNCTION(weft_tokenizer, close), WEFT_FUNCTION(weft_tokenizer, info),
     WEFT_FUNCTION(weft_tokenizer, token), WEFT_FUNCTION(weft_tokenizer, encode),
     WEFT_FUNCTION(weft_tokenizer, stream_new), WEFT_FUNCTION(weft_tokenizer, stream_free),
     WEFT_FUNCTION(weft_tokenizer, push), WEFT_FUNCTION(weft_tokenizer, flush)}};

inline const std::array kInterfaces{&kBackends, &kArchitectures, &kConverters, &kFormats, &kSources, &kTokenizers};

#undef WEFT_FUNCTION

}  // namespace weft
