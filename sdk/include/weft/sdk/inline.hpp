// WEFT_SDK_INLINE: what functions of the SDK are that cost a compiler more than their callers do.
#pragma once

// They are inline, as in any library of headers alone. A build of many families compiles them once (sdk/compiled.cpp
// defines the macro so that each is emitted), and gives its families WEFT_SDK_COMPILED and -O0: there the bodies are
// read but not compiled, which is what gnu_inline says; calls go to the compiled ones. With more than -O0 compilers
// would inline the bodies, which takes minutes.
#if defined(WEFT_SDK_COMPILED)
#define WEFT_SDK_INLINE inline __attribute__((gnu_inline))
#elif !defined(WEFT_SDK_INLINE)
#define WEFT_SDK_INLINE inline
#endif
