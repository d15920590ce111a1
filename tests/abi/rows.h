/* What the rows of plugin_abi.c and host_api.c stand for:
 *   assertions of what they say;
 *   with WEFT_OLDER_TABLE the same of an earlier version: structs that grow may be larger than it says;
 *   with WEFT_USE_EACH a variable for each type and a function for each function, by which abidiff finds them. */
#ifndef WEFT_TESTS_ABI_ROWS_H
#define WEFT_TESTS_ABI_ROWS_H

#ifdef WEFT_USE_EACH

#define MACRO(name, text)
#define CONSTANT(name, number)
#define TYPE(name, ...) name* use_##name;
#define OPAQUE(name) name* use_##name;
#define FIXED(name, size) name* use_##name;
#define GROWS(name, size) name* use_##name;
#define FIELD(name, field, place, ...)
#define FUNCTION(name, result, arguments) \
  result name arguments { __builtin_unreachable(); }

#else

#define SAME_TYPE(a, b) __builtin_types_compatible_p(a, b) /* an extension of GCC and clang */
#define TEXT_OF(x) #x
#define EXPANDED(x) TEXT_OF(x)

#define MACRO(name, text) \
  _Static_assert(__builtin_strcmp(EXPANDED(name), EXPANDED(text)) == 0, #name " is no longer " #text);
#define CONSTANT(name, number) _Static_assert((name) == (number), #name " is no longer " #number);
#define TYPE(name, ...) _Static_assert(SAME_TYPE(name, __typeof__(__VA_ARGS__)), #name " is no longer " #__VA_ARGS__);
#define OPAQUE(name) typedef struct name name;
#define FIXED(name, size) _Static_assert(sizeof(name) == (size), "the size of " #name " is no longer " #size);
#ifdef WEFT_OLDER_TABLE
#define GROWS(name, size) _Static_assert(sizeof(name) >= (size), #name " has become smaller than " #size);
#else
#define GROWS(name, size) FIXED(name, size)
#endif
#define FIELD(name, field, place, ...)                                                                \
  _Static_assert(offsetof(name, field) == (place), #name "." #field " is no longer at byte " #place); \
  _Static_assert(SAME_TYPE(__typeof__(((name*)0)->field), __typeof__(__VA_ARGS__)),                   \
                 #name "." #field " is no longer of the type " #__VA_ARGS__);
#define FUNCTION(name, result, arguments) \
  _Static_assert(SAME_TYPE(__typeof__(name), __typeof__(result arguments)), #name " is no longer " #result #arguments);

_Static_assert(sizeof(void*) == 8 && sizeof(long) == 8, "the tables are those of LP64");

#endif
#endif
