/* A plugin in C99 against the headers of the ABI alone, of whatever version they are: one small part of each interface.
 * Its model knows the alphabet: after a letter comes the next one, after the last one the text ends. */
#ifndef WEFT_TESTS_ABI_ALPHABET_H
#define WEFT_TESTS_ABI_ALPHABET_H

#include "weft/abi/architecture.h"
#include "weft/abi/backend.h"
#include "weft/abi/converter.h"
#include "weft/abi/format.h"
#include "weft/abi/plugin.h"
#include "weft/abi/source.h"
#include "weft/abi/tokenizer.h"

#define ALPHABET "alphabet" /* the name of all that it offers */
enum { TOKENS = 8 };        /* "</s>" and the letters from a to g */

/* What init makes for one host. It is the `self` of every table. */
typedef struct alphabet {
  const weft_host* host;
  uint32_t digits; /* the dtype of format.c */
  char* folder;    /* the option `folder`: where the source finds what it serves */
  weft_source source;
  weft_format format;
  weft_converter converter;
  weft_architecture architecture;
  weft_tokenizer tokenizer;
  weft_backend backend;
} alphabet;

weft_str str(const char* text);
int same(weft_str a, const char* b);
weft_status* fail(const alphabet* self, weft_code code, const char* message);

/* Each fills its tables of `self`, whose host is known. */
void add_source(alphabet* self);
weft_status* add_format(alphabet* self);
void add_family(alphabet* self);
void add_tokenizer(alphabet* self);
void add_backend(alphabet* self);

#endif
