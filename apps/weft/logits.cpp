// weft logits MODEL --ids 1,2,3 [--decoder-ids 4,5] -o F.safetensors
#include <utility>

#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "apps/weft/tensor_file.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/runtime/session.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  std::string ids, decoder_ids, output;
};

/// Logits of each token, one row a token; an encoder-decoder first encodes `input`.
Result<std::vector<float>> all_logits(Session& session, std::span<const int32_t> input, std::span<const int32_t> ids) {
  WEFT_TRY(const SequenceId sequence, session.open());
  Progress progress("computing logits");
  if (!input.empty()) {
    const StepItem item{sequence, input, false};
    WEFT_CHECK_OK(session.encode({&item, 1}));
  }
  std::vector<float> all;
  const auto piece = static_cast<std::size_t>(session.limits().step_tokens);
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    progress.now(fmt::format("computing logits, token {} of {}", at, ids.size()));
    const StepItem item{sequence, ids.subspan(at, std::min(piece, ids.size() - at)), true};
    WEFT_TRY(const StepRows out, session.step({&item, 1}));
    all.insert(all.end(), out.data, out.data + out.rows * out.width);
  }
  return all;
}

Status logits(const Options& o) {
  WEFT_TRY(std::vector<int32_t> ids, parse_ids(o.ids));
  std::vector<int32_t> input, decoder;
  if (!o.decoder_ids.empty()) {
    WEFT_TRY(decoder, parse_ids(o.decoder_ids));
  }
  WEFT_CHECK_OK(check_place(o.output));
  WEFT_TRY(auto engine, make_engine(o.common));
  WEFT_TRY(auto model, load_model(*engine, exact_unless_said(o.common)));
  if (model->start_token() >= 0) {
    input = std::exchange(ids, {model->start_token()});
    ids.insert(ids.end(), decoder.begin(), decoder.end());
  } else if (!decoder.empty()) {
    return error(Code::kFailedPrecondition, "{}: --decoder-ids is for encoder-decoders", o.common.model);
  }
  WEFT_TRY(auto session, model->new_session());
  WEFT_TRY(const std::vector<float> values, all_logits(*session, input, ids));
  const auto rows = static_cast<int64_t>(ids.size());
  WEFT_CHECK_OK(write_tensor(o.output, "logits", values, rows, model->vocab_size()));
  if (!o.common.json) return {};
  return print(json_text({{"file", o.output}, {"tensor", "logits"}, {"shape", {rows, model->vocab_size()}}}) + "\n");
}

}  // namespace

void add_logits(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("logits", "write the logits of a prompt's tokens", [o] { return logits(*o); });
  add_model_options(command, o->common);
  command.add("--ids", &o->ids, "token ids, 1,2,3").required = true;
  command.add("--decoder-ids", &o->decoder_ids,
              "of an encoder-decoder, which reads --ids: the decoder's ids after its start token");
  Option& output = command.add("-o,--output", &o->output, "safetensors file: logits f32 [T, V]");
  output.required = true, output.value = "FILE";
}

}  // namespace weft::app
