// Goldens in the families' folders: what transformers computes from weights that are a function of name, index
// and seed, so that a test writes the checkpoint itself.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"

namespace weft::test {

struct FamilyGolden {
  std::string name;  // "qwen2.v4"
  Json json;
  std::vector<int32_t> ids, greedy;
  std::vector<int32_t> source;  // of an encoder-decoder, whose decoder's are the ids; `greedy` follows the first of them
  std::vector<float> logits;                     // [ids, vocab]
  std::vector<std::vector<float>> first_layers;  // of the model with 1, 2, ... layers alone: the last id's logits
  bool by_length = false;  // rope depends on the length of a step, so that pieces differ from the whole

  bool has_gguf() const { return json.contains("gguf") && json["gguf"].is_object(); }
  /// Weights are in blocks of a GGUF file, so that there is no folder.
  bool in_blocks() const;
};

/// All, or those of one name ("qwen2.v4"); a family whose folder is gone has none.
std::vector<std::filesystem::path> family_goldens(const std::string& name = "");
FamilyGolden read_family_golden(const std::filesystem::path& file);

/// Packed values of a golden, and those that a tensor [name, dims, mean, scale] of it has.
std::vector<float> unpack(const std::string& base64);
std::vector<float> made_values(const Json& spec, uint64_t seed);

/// config.json and model.safetensors in `folder`, of the first `layers` layers (0: of all).
void write_folder(const FamilyGolden& golden, const std::filesystem::path& folder, int64_t layers = 0);

/// The same weights as llama.cpp's converter would store them.
void write_gguf(const FamilyGolden& golden, const std::filesystem::path& file, int64_t layers = 0);

}  // namespace weft::test
