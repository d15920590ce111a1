// What functions share that give answers about texts.
#pragma once

#include "core/api/objects.hpp"
#include "core/base/error.hpp"
#include "core/tasks/text_reader.hpp"
#include "weft/tasks.h"

namespace weft {

/// A task with its summary, and what the last call gave.
template <class Task, class Given>
struct TaskObject {
  Task task;
  std::string summary;
  Given given;
};

/// Loads a model into a new Object, with options that `prepare` changes.
template <class Object, class Task, class Prepare>
Status load_task(weft_runtime* runtime, const char* handle, const weft_model_options* given, const Prepare& prepare,
                 Result<Task> (*create)(std::shared_ptr<const Model>), Object** out) {
  *out = nullptr;
  WEFT_TRY(LoadOptions options, load_options(given));
  prepare(options);
  WEFT_TRY(auto model, Model::load(*runtime->engine, handle, options));
  std::string summary = model->summary();
  WEFT_TRY(Task task, create(std::move(model)));
  *out = new Object{{std::move(task), std::move(summary), {}}};
  return {};
}

/// The same for the graph of `role`, which reads many texts in a step.
template <class Object, class Task>
Status load_task(weft_runtime* runtime, const char* handle, const weft_model_options* given, const char* role,
                 Result<Task> (*create)(std::shared_ptr<const Model>), Object** out) {
  return load_task(runtime, handle, given, [role](LoadOptions& o) { TextReader::prepare(o, role); }, create, out);
}

/// The texts as they were given. INVALID_ARGUMENT: one is NULL and has a size.
inline Result<std::vector<std::string_view>> views_of(const char* function, const weft_str* texts, uint64_t n) {
  std::vector<std::string_view> views;
  for (uint64_t i = 0; i < n; ++i) {
    if (texts[i].data == nullptr && texts[i].size > 0) return invalid("{}: text {} is NULL", function, i);
    views.push_back(to_view(texts[i]));
  }
  return views;
}

/// `limits` must outlive the options.
inline BatchOptions batch_options(const CallLimits& limits) {
  return {.go_on = [&limits] { return limits.check(); }};
}

}  // namespace weft
