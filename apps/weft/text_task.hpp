// What the commands share that give one answer for each text: where texts come from and where answers go.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"

namespace weft::app {

struct TextTask {
  Common common;
  std::vector<std::string> texts;
  bool jsonl = false;
  bool lines = false;    // each line of standard input is a text
  bool stacked = false;  // the answers' tensors of one name are rows of one tensor
  std::string output;

  bool as_json() const { return jsonl || common.json; }
};

/// A tensor that an answer is made of.
struct AnswerTensor {
  std::string name;
  std::vector<int64_t> dims;
  std::variant<std::vector<float>, std::vector<int32_t>> values;
};
struct TaskAnswer {
  std::string text;  // as it is printed
  std::vector<AnswerTensor> tensors;
};

/// Gives one answer for each input. An input is a JSON string, or what a line of --jsonl holds.
using AnswerInputs = std::function<Result<std::vector<TaskAnswer>>(std::span<const Json> inputs)>;

/// Adds the options of a model, --jsonl, of which `line` says what a line is, and --output. The command's own texts are
/// added by the caller.
void add_task_options(Command& command, TextTask& task, const char* line, const char* tensors);

/// Loads the model for `role`, with room for many texts in a step; exact unless the user says otherwise.
Result<std::shared_ptr<Model>> load_for_texts(Engine& engine, const Common& common, const char* role);

/// An input for each text of the command line; "-", or no text where input is piped, stands for standard input. None
/// where lines are the inputs.
Result<std::vector<Json>> inputs_of(const TextTask& task);
/// A usage error that names what is missing, `text` in the command's words; "" where there is something to answer.
std::string usage_error_of(const TextTask& task, const char* text);

/// Answers `given`, or with --jsonl or --lines the lines of standard input, by what `open` gives, which is called once
/// the output is known to be possible. To a file that ends in .safetensors go the tensors of the answers, with ".N"
/// behind their names, from 0, where there are several answers and they are not stacked.
Status run_task(const TextTask& task, const std::vector<Json>& given,
                const std::function<Result<AnswerInputs>()>& open);

/// run_task for a `Task` (Filler, Tagger, ...) of the model, which is loaded for `role`: answer(Task&, inputs) answers.
template <class Task, class Answer>
Status run_task_of(const TextTask& task, const std::vector<Json>& given, const char* role, const Answer& answer) {
  std::shared_ptr<Engine> engine;
  std::optional<Task> opened;
  return run_task(task, given, [&]() -> Result<AnswerInputs> {
    WEFT_TRY(engine, make_engine(task.common));
    WEFT_TRY(auto model, load_for_texts(*engine, task.common, role));
    WEFT_TRY(opened, Task::create(std::move(model)));
    return AnswerInputs([&](std::span<const Json> inputs) { return answer(*opened, inputs); });
  });
}

/// The string of an input that must be one.
Result<std::string_view> text_of(const Json& input);
/// Two texts: an array of two strings, or an object with these two keys.
Result<std::pair<std::string_view, std::string_view>> two_texts_of(const Json& input, const char* first,
                                                                   const char* second);
/// The text in one line, for answers that are columns.
std::string column(std::string_view text);

}  // namespace weft::app
