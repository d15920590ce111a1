// WEFT_SDK_INLINE marks the SDK's functions that take long to compile compared with their callers.
#pragma once

// The functions are inline, as in any library of headers alone. A tree of many families compiles them once:
// sdk/compiled.cpp defines the macro so that each function is emitted. The families then get WEFT_SDK_COMPILED and -O0,
// so that the compiler reads the bodies without compiling them (gnu_inline) and calls go to the emitted functions. With
// more than -O0 the compiler would inline the bodies after all, which takes minutes.
#if defined(WEFT_SDK_COMPILED)
#define WEFT_SDK_INLINE inline __attribute__((gnu_inline))
#elif !defined(WEFT_SDK_INLINE)
#define WEFT_SDK_INLINE inline
#endif
