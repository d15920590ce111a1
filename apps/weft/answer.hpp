// Answering one prompt: what `run` takes, the generation, and how it is shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/weft/common.hpp"
#include "apps/weft/template_options.hpp"
#include "core/model/text_side.hpp"
#include "core/runtime/generate.hpp"

namespace weft::app {

struct RunOptions {
  Common common;
  std::vector<std::string> words;  // of the prompt
  std::optional<std::string> ids;
  std::string system;
  TemplateOptions chat;
  std::vector<std::string> stop;
  bool raw = false, ignore_eos = false;
  int64_t max_tokens = -1;
  SamplingChoice sampling;
};

/// What is said of the answer alone, so that it may change from one to the next: where it ends, how it is sampled.
void add_answer_options(Command& command, RunOptions& o);

/// Whether prompts of this model are put into its chat template. FAILED_PRECONDITION when there is no tokenizer, or
/// options need a template that is not there.
Result<bool> uses_template(const RunOptions& o, const Model& model);

/// Adds `ids` and the answer to the sequence. Streams the text to standard output, or with --json prints one object at
/// the end; with -v tells the sampling in force. CANCELLED after Ctrl-C; `result` holds what came until then.
Status answer(const RunOptions& o, const Model& model, Session& session, SequenceId sequence,
              std::vector<int32_t> ids, GenerateResult& result);

/// "cut by --max-tokens 4" and the like, of an answer that did not come to its end; else "".
std::string cut_by(const RunOptions& o, const Model& model, const GenerateResult& result);

/// A chat on a terminal. Each turn goes on where the last one ended: the cache is kept up to the common prefix of the
/// conversations.
Status chat(const RunOptions& o, const Model& model, const ChatOptions& options);

}  // namespace weft::app
