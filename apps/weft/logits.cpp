// weft logits MODEL --ids 1,2,3 -o F.safetensors
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/runtime/session.hpp"

namespace weft::app {
namespace {

/// One f32 tensor as safetensors, written beside the target and renamed, so that nothing
/// half-written stays behind.
Status write_logits(const std::string& path, const std::vector<float>& data, int64_t rows, int64_t vocab) {
  const std::string header = fmt::format(
      R"({{"logits":{{"dtype":"F32","shape":[{},{}],"data_offsets":[0,{}]}}}})", rows, vocab,
      data.size() * 4);
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const uint64_t size = padded.size();
  const std::string temporary = path + ".partial";
  {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(&size), 8);
    out.write(padded.data(), static_cast<std::streamsize>(size));
    out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size() * 4));
    out.flush();
    if (!out) {
      std::error_code ignored;
      std::filesystem::remove(temporary, ignored);
      return error(Code::kUnavailable, "{}: cannot write {} bytes", path, data.size() * 4 + size + 8);
    }
  }
  std::error_code failed;
  std::filesystem::rename(temporary, path, failed);
  if (failed) return error(Code::kUnavailable, "{}: {}", path, failed.message());
  return {};
}

Status logits(const Common& common, const std::string& ids_text, const std::string& output) {
  WEFT_TRY(const std::vector<int32_t> ids, parse_ids(ids_text));
  if (ids.empty()) return invalid("--ids is empty, expected at least one token id");
  WEFT_TRY(auto engine, make_engine(common));
  WEFT_TRY(auto model, load_model(*engine, common));
  WEFT_TRY(auto session, model->new_session());
  WEFT_TRY(const SequenceId sequence, session->open());
  std::vector<float> all;
  const auto piece = static_cast<std::size_t>(session->limits().step_tokens);
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    const StepItem item{sequence, std::span(ids).subspan(at, std::min(piece, ids.size() - at)), true};
    WEFT_TRY(const StepLogits out, session->step({&item, 1}));
    all.insert(all.end(), out.data, out.data + out.rows * out.vocab);
  }
  return write_logits(output, all, static_cast<int64_t>(ids.size()), model->vocab_size());
}

}  // namespace

void add_logits(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("logits", "write the logits of a prompt's tokens");
  auto common = std::make_shared<Common>();
  auto ids = std::make_shared<std::string>(), output = std::make_shared<std::string>();
  add_model_options(*command, *common);
  command->add_option("--ids", *ids, "token ids, 1,2,3")->required();
  command->add_option("-o,--output", *output, "safetensors file: logits f32 [T, V]")->required();
  command->callback([=, &exit_code] {
    if (Status s = logits(*common, *ids, *output); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
