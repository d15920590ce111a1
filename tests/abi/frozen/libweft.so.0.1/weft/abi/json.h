/* A read-only view of a JSON document that the host has parsed, so that plugins need no parser. All functions are
 * [any-thread] and accept every node: an absent node (NULL) has the type WEFT_JSON_ABSENT, size 0 and empty strings. A
 * view is valid until the plugin's function that was given it, or asked for it, returns; other lifetimes are said where
 * the view is given. */
#ifndef WEFT_ABI_JSON_H
#define WEFT_ABI_JSON_H

#include "weft/abi/base.h"

typedef struct weft_json_node weft_json_node;

enum {
  WEFT_JSON_ABSENT = 0,
  WEFT_JSON_NULL = 1,
  WEFT_JSON_BOOL = 2,
  WEFT_JSON_INT = 3,
  WEFT_JSON_FLOAT = 4,
  WEFT_JSON_STRING = 5,
  WEFT_JSON_ARRAY = 6,
  WEFT_JSON_OBJECT = 7
};

typedef struct weft_json {
  weft_hdr hdr;
  const weft_json_node* root; /* NULL when there is no document */
  uint32_t (*type)(const weft_json_node*);
  uint64_t (*size)(const weft_json_node*); /* members or elements */
  const weft_json_node* (*member)(const weft_json_node*, weft_str key);
  const weft_json_node* (*at)(const weft_json_node*, uint64_t i); /* i-th element or member */
  weft_str (*key)(const weft_json_node*, uint64_t i);             /* i-th member's key */
  weft_str (*string)(const weft_json_node*);
  int64_t (*integer)(const weft_json_node*); /* INT and BOOL */
  double (*number)(const weft_json_node*);   /* INT and FLOAT */
} weft_json;

/* An extension that weft_host.get_extension gives: parses JSON that a plugin has got from elsewhere than the host. */
#define WEFT_JSON_EXTENSION "weft.json/0"
typedef struct weft_json_parser {
  weft_hdr hdr;
  void* ctx;
  /* [any-thread] Parses a text within the host's limits. The document lives until it is freed. */
  weft_status* (*parse)(void* ctx, weft_str text, const weft_json** out);
  void (*free)(void* ctx, const weft_json* document); /* NULL allowed */
} weft_json_parser;

#endif
