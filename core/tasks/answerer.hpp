// Finds the answer to a question in a context, as the pipeline "question-answering" of transformers 4 does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/tasks/text_reader.hpp"

namespace weft {

struct Question {
  std::string_view question, context;
};

struct AnswerOptions {
  std::size_t max_tokens = 0;         // of question and context in one window; 0: 384, and what the model takes
  std::optional<std::size_t> stride;  // tokens that windows share; unset: half of max_tokens, at most 128
  std::size_t max_answer_tokens = 15;
  bool may_be_none = false;  // the answer may be that there is none: an empty text
  BatchOptions batches = {};
};

/// What the model gives for a part of the context: for each id how likely an answer begins and ends there.
struct AnswerWindow {
  std::vector<int32_t> ids;
  std::vector<float> start_logits, end_logits;
};
struct Answer {
  std::string text;
  double score = 0;                // of several windows a sum
  std::size_t start = 0, end = 0;  // characters of the context
  std::vector<AnswerWindow> windows;
};

/// [one thread per object]
class Answerer {
 public:
  /// The model must have been loaded to classify spans.
  static Result<Answerer> create(std::shared_ptr<const Model> model);

  /// One answer for each question. INVALID_ARGUMENT: a question or a context is empty. OUT_OF_RANGE: a question leaves
  /// no room for its context.
  Result<std::vector<Answer>> answer(std::span<const Question> questions, const AnswerOptions& options = {});

 private:
  explicit Answerer(TextReader reader) : reader_(std::move(reader)) {}
  Result<std::vector<Encoding>> windows_of(const Question& q, const AnswerOptions& options) const;
  Answer answer_of(const Question& q, std::span<const Encoding> windows, std::vector<AnswerWindow> logits,
                   const AnswerOptions& options) const;
  TextReader reader_;
};

}  // namespace weft
