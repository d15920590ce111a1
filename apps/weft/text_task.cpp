#include "apps/weft/text_task.hpp"

#include <algorithm>

#include "apps/weft/answer_batches.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/tensor_file.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/tasks/text_reader.hpp"

namespace weft::app {
namespace {

constexpr std::size_t kInputs = 128;  // that are answered together; with fewer, steps are small

/// Takes the answers as they come.
class Taker {
 public:
  Taker(Answers& answers, bool tensors) : answers_(answers), tensors_wanted_(tensors) {}

  Result<std::vector<std::string>> take(Result<std::vector<TaskAnswer>> given) {
    WEFT_CHECK_OK(given.status());
    std::vector<std::string> texts;
    for (TaskAnswer& answer : *given) {
      if (tensors_wanted_) held_.push_back(std::move(answer.tensors));
      else texts.push_back(std::move(answer.text));
    }
    return texts;
  }
  Status end(const TextTask& task) {
    if (!tensors_wanted_) return answers_.end();
    if (task.stacked) stack();
    std::vector<TensorData> all;
    for (std::size_t i = 0; i < held_.size(); ++i) {
      for (const AnswerTensor& t : held_[i]) {
        TensorData& data = all.emplace_back();
        data.name = held_.size() == 1 ? t.name : fmt::format("{}.{}", t.name, i);
        data.dims = t.dims;
        data.dtype = std::holds_alternative<std::vector<float>>(t.values) ? "F32" : "I32";
        data.bytes = std::visit([](const auto& values) { return std::as_bytes(std::span(values)); }, t.values);
      }
    }
    return write_tensors(task.output, all);
  }

 private:
  /// Puts the rows of all answers into the first one.
  void stack() {
    for (std::size_t i = 1; i < held_.size(); ++i) {
      for (std::size_t t = 0; t < held_[i].size(); ++t) {
        AnswerTensor &to = held_[0][t], &more = held_[i][t];
        to.dims[0] += more.dims[0];
        std::visit([&](auto& values) {
          const auto& rows = std::get<std::decay_t<decltype(values)>>(more.values);
          values.insert(values.end(), rows.begin(), rows.end());
        }, to.values);
      }
    }
    held_.resize(std::min<std::size_t>(held_.size(), 1));
  }

  Answers& answers_;
  const bool tensors_wanted_;
  std::vector<std::vector<AnswerTensor>> held_;  // of each answer
};

}  // namespace

void add_task_options(Command& command, TextTask& task, const char* line, const char* tensors) {
  add_model_options(command, task.common);
  command.add("--jsonl", &task.jsonl, fmt::format("one JSON value a line from stdin, {}; an object a line out", line));
  command.add("-o,--output", &task.output, fmt::format("write there; to a .safetensors: {}", tensors)).value = "FILE";
}

Result<std::shared_ptr<Model>> load_for_texts(Engine& engine, const Common& common, const char* role) {
  const Progress progress("loading " + one_line(common.model));
  LoadOptions options = load_options(exact_unless_said(common));
  TextReader::prepare(options, role);
  return Model::load(engine, common.model, options);
}

Result<std::vector<Json>> inputs_of(const TextTask& task) {
  std::vector<Json> inputs;
  if (task.jsonl || task.lines) return inputs;
  for (const std::string& text : task.texts.empty() ? std::vector<std::string>{"-"} : task.texts) {
    WEFT_TRY(std::string whole, text_or_input(text));
    inputs.emplace_back(std::move(whole));
  }
  return inputs;
}

std::string usage_error_of(const TextTask& task, const char* text) {
  if (task.jsonl || task.lines || !task.texts.empty() || input_is_piped()) return "";
  return fmt::format("{} or --jsonl is required", text);
}

Status run_task(const TextTask& task, const std::vector<Json>& given,
                const std::function<Result<AnswerInputs>()>& open) {
  WEFT_TRY(Answers answers, Answers::open(task.output));
  WEFT_TRY(const AnswerInputs answer, open());
  Taker taker(answers, task.output.ends_with(".safetensors"));
  if (task.jsonl || task.lines) {
    const AnswerLines answer_lines = [&](std::span<const std::string> lines) -> Result<std::vector<std::string>> {
      std::vector<Json> inputs;
      for (const std::string& line : lines) {
        WEFT_TRY(inputs.emplace_back(), task.lines ? Result<Json>(Json(line)) : parse_json(line));
      }
      return taker.take(answer(inputs));
    };
    WEFT_CHECK_OK(answer_batches(kInputs, answers, answer_lines));
    return taker.end(task);
  }
  WEFT_TRY(const auto texts, taker.take(answer(given)));
  for (const std::string& text : texts) WEFT_CHECK_OK(answers.add(text));
  return taker.end(task);
}

Result<std::string_view> text_of(const Json& input) {
  if (!input.is_string()) return invalid("is a JSON {}, expected a string", input.type_name());
  return std::string_view(input.get_ref<const std::string&>());
}

Result<std::pair<std::string_view, std::string_view>> two_texts_of(const Json& input, const char* first,
                                                                   const char* second) {
  const Json *a = nullptr, *b = nullptr;
  if (input.is_array() && input.size() == 2) {
    a = &input[0], b = &input[1];
  } else if (input.is_object() && input.size() == 2 && input.contains(first) && input.contains(second)) {
    a = &input[first], b = &input[second];
  }
  if (a == nullptr || !a->is_string() || !b->is_string())
    return invalid("is not {{\"{}\": text, \"{}\": text}}, nor an array of these two texts", first, second);
  return std::pair<std::string_view, std::string_view>(a->get_ref<const std::string&>(),
                                                       b->get_ref<const std::string&>());
}

std::string column(std::string_view text) { return one_line(text); }

}  // namespace weft::app
