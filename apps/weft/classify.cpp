// weft classify MODEL [INPUT... | -]
#include <filesystem>

#include "apps/weft/common.hpp"
#include "apps/weft/input.hpp"
#include "apps/weft/output.hpp"
#include "core/base/error.hpp"
#include "core/image/decode.hpp"
#include "core/tasks/classifier.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::vector<std::string> inputs;
  bool text = false;
};

Result<Classifier> open_classifier(Engine& engine, const Common& common) {
  WEFT_TRY(auto model, load_model(engine, exact_unless_said(common), WEFT_ROLE_CLASSIFY_SEQUENCE));
  return Classifier::create(std::move(model));
}

Result<Classified> classify_input(Classifier& classifier, const Options& o, const std::string& input) {
  if (input == "-") {
    WEFT_TRY(const std::string content, text_or_input(input));
    return classifier.takes_images() ? classifier.classify_file(content) : classifier.classify_text(content);
  }
  std::error_code ignored;
  const bool file = classifier.takes_images() || (!o.text && std::filesystem::is_regular_file(input, ignored));
  if (!file) return classifier.classify_text(input);
  WEFT_TRY(std::string content, read_whole_file(input, kMaxImageBytes));
  auto result = classifier.takes_images() ? classifier.classify_file(content) : classifier.classify_text(content);
  if (!result.ok()) return result.status().with_context(input);
  return result;
}

std::string as_json(const Labels& labels, const Classified& c) {
  std::string scores;
  for (std::size_t i = 0; i < labels.names.size(); ++i) {
    scores += fmt::format("{}{}:{}", i ? "," : "", json_text(labels.names[i]), c.scores[i]);
  }
  return fmt::format("{{\"label\":{},\"scores\":{{{}}},\"logits\":[{}]}}\n", json_text(labels.names[c.label]), scores,
                     fmt::join(c.logits, ","));
}

Status classify(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(Classifier classifier, open_classifier(*engine, o.common));
  const std::vector<std::string> piped = {"-"};
  for (const std::string& input : o.inputs.empty() ? piped : o.inputs) {
    WEFT_TRY(const Classified result, classify_input(classifier, o, input));
    WEFT_CHECK_OK(print(as_json(classifier.labels(), result)));
    WEFT_CHECK_OK(flush_output());
  }
  return {};
}

}  // namespace

void add_classify(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command =
      commands.add("classify", "texts or images to labels, by a classification model", [o] { return classify(*o); });
  add_model_options(command, o->common);
  const char* inputs = "PNG or JPEG files; of a model of texts: files, or the texts themselves; else standard input";
  command.add("INPUT", &o->inputs, inputs).value = "FILE";
  command.add("--text", &o->text, "each INPUT is a text, also where there is a file of this name");
  command.usage_error = [o] { return o->inputs.empty() && !input_is_piped() ? "INPUT is required" : ""; };
}

}  // namespace weft::app
