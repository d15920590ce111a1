/* host MODEL PLUGINS PROMPT: a host in C99 against frozen headers of libweft's C API. Prints the greedy answer of at
 * most 12 tokens, once it has had it by steps as well. */
#include <stdio.h>
#include <stdlib.h>

#include "weft/tasks.h"
#include "weft/weft.h"

enum { TOKENS = 12 };

static void check(weft_status* status) {
  if (status == NULL) return;
  fprintf(stderr, "host: %u: %s\n", (unsigned)weft_status_code(status), weft_status_message(status));
  weft_status_free(status);
  exit(1);
}

static int32_t likeliest(const weft_logits* logits) {
  int64_t best = 0, i;
  for (i = 1; i < logits->vocab; ++i) {
    if (logits->data[i] > logits->data[best]) best = i;
  }
  return (int32_t)best;
}

int main(int argc, char** argv) {
  weft_runtime_options with = WEFT_INIT(weft_runtime_options);
  weft_model_options load = WEFT_INIT(weft_model_options);
  weft_generate_options generate = WEFT_INIT(weft_generate_options);
  weft_step_item item = WEFT_INIT(weft_step_item);
  weft_limits limits = WEFT_INIT(weft_limits);
  weft_piece piece = WEFT_INIT(weft_piece);
  const char* folders[1];
  weft_runtime* runtime;
  weft_model* model;
  weft_session* session;
  weft_generation* generation;
  weft_logits logits;
  weft_ids prompt, stops;
  weft_str text;
  int32_t sequence, twin, token;
  int64_t length;
  if (argc != 4) return 2;

  folders[0] = argv[2];
  with.plugin_folders = folders, with.n_plugin_folders = 1, with.threads = 1, with.flags = WEFT_NO_ENVIRONMENT;
  check(weft_runtime_new(&with, &runtime));
  load.precision = "exact", load.sequences = 2, load.limits = &limits;
  check(weft_model_load(runtime, argv[1], &load, &model));
  text.data = argv[3];
  for (text.size = 0; argv[3][text.size] != 0;) ++text.size;
  check(weft_model_tokenize(model, text, 0, &prompt));
  check(weft_model_stop_ids(model, &stops));
  check(weft_session_new(model, &session));
  check(weft_session_open(session, &sequence));
  check(weft_session_open(session, &twin));

  item.sequence = twin, item.tokens = prompt.data, item.n_tokens = prompt.size;
  generate.greedy = 1, generate.ignore_eos = 1, generate.max_tokens = TOKENS, generate.limits = &limits;
  check(weft_generation_new(session, sequence, prompt.data, prompt.size, &generate, &generation));
  do {
    check(weft_generation_next(generation, &piece));
    fwrite(piece.text.data, 1, piece.text.size, stdout);
    if (piece.token < 0) continue;
    check(weft_session_step(session, &item, 1, sizeof item, &logits));
    token = likeliest(&logits);
    if (logits.rows != 1 || logits.vocab != weft_model_vocab_size(model) || token != piece.token) {
      fprintf(stderr, "host: a step gives token %d, the generation %d\n", (int)token, (int)piece.token);
      return 1;
    }
    item.tokens = &token, item.n_tokens = 1;
  } while (!piece.last);
  putchar('\n');
  check(weft_session_length(session, sequence, &length));
  if (length < (int64_t)prompt.size || stops.size == 0 || piece.stop.size == 0) return 1;

  weft_ids_free(&prompt), weft_ids_free(&stops);
  weft_generation_free(generation);
  weft_session_free(session), weft_model_free(model), weft_runtime_free(runtime);
  return 0;
}
