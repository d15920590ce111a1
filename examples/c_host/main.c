/* A C99 host: c_host MODEL PROMPT streams the answer. */
#include <stdio.h>
#include <stdlib.h>
#include <weft/weft.h>

static void log_line(void* ctx, uint32_t level, weft_str component, weft_str message) {
  (void)ctx;
  if (level < WEFT_LOG_WARN) return;
  fprintf(stderr, "%.*s: %.*s\n", (int)component.size, component.data, (int)message.size, message.data);
}

/* Ends the program with the status' message; NULL goes on. */
static void must(weft_status* status) {
  if (status == NULL) return;
  fprintf(stderr, "c_host: %s\n", weft_status_message(status));
  weft_status_free(status);
  exit(1);
}

/* The prompt through the model's chat template: {"role":"user","content":...} escapes by hand what
 * JSON needs escaped. */
static weft_ids chat(const weft_model* model, const char* prompt) {
  size_t n = strlen(prompt), at;
  char* json = malloc(6 * n + 64);
  char* p = json;
  weft_str messages, no_tools = {NULL, 0};
  weft_ids ids;
  if (json == NULL) exit(1);
  p += sprintf(p, "[{\"role\":\"user\",\"content\":\"");
  for (at = 0; at < n; ++at) {
    unsigned char c = (unsigned char)prompt[at];
    p += c == '"' || c == '\\' ? sprintf(p, "\\%c", c) : c < 0x20 ? sprintf(p, "\\u%04x", c) : sprintf(p, "%c", c);
  }
  p += sprintf(p, "\"}]");
  messages.data = json;
  messages.size = (uint64_t)(p - json);
  must(weft_model_chat(model, messages, no_tools, &ids));
  free(json);
  return ids;
}

int main(int argc, char** argv) {
  weft_runtime_options runtime_options = WEFT_INIT(weft_runtime_options);
  weft_generate_options generate_options = WEFT_INIT(weft_generate_options);
  weft_runtime* runtime;
  weft_model* model;
  weft_session* session;
  weft_generation* generation;
  weft_piece piece = WEFT_INIT(weft_piece);
  weft_ids prompt;
  int32_t sequence;
  if (argc != 3) return fprintf(stderr, "usage: c_host MODEL PROMPT\n"), 2;

  runtime_options.log = log_line;
  must(weft_runtime_new(&runtime_options, &runtime));
  must(weft_model_load(runtime, argv[1], NULL, &model));
  fprintf(stderr, "%s\n", weft_model_summary(model));
  prompt = chat(model, argv[2]);
  must(weft_session_new(model, &session));
  must(weft_session_open(session, &sequence));

  generate_options.greedy = 1;
  generate_options.max_tokens = 64;
  must(weft_generation_new(session, sequence, prompt.data, prompt.size, &generate_options, &generation));
  while (!piece.last) {
    must(weft_generation_next(generation, &piece));
    fwrite(piece.text.data, 1, (size_t)piece.text.size, stdout);
    fflush(stdout);
  }
  printf("\n");

  weft_generation_free(generation);
  weft_session_free(session);
  weft_ids_free(&prompt);
  weft_model_free(model);
  weft_runtime_free(runtime);
  return 0;
}
