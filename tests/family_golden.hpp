// Goldens in the families' folders: what transformers computes from weights that are a function of their name, index
// and a seed, so that a test can write the checkpoint itself.
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
  // What an encoder reads; `ids` are then the decoder's, and `greedy` continues the first of them alone.
  std::vector<int32_t> encoder_ids;
  std::vector<float> logits;                     // [ids, vocab]
  std::vector<std::vector<float>> first_layers;  // of the model cut after 1, 2, ... layers: the logits of the last id
  // Whether rope depends on the length of a step: ids in pieces then get other logits than in one step.
  bool by_length = false;

  bool has_gguf() const { return json.contains("gguf") && json["gguf"].is_object(); }
  /// Whether weights are in blocks of a GGUF file; then there is no folder to write.
  bool in_blocks() const;
};

/// The goldens of all families, or those of one name ("qwen2.v4"). A family whose folder is gone has none.
std::vector<std::filesystem::path> family_goldens(const std::string& name = "");
FamilyGolden read_family_golden(const std::filesystem::path& file);

/// The f32 values that a golden packs as base64.
std::vector<float> unpack(const std::string& base64);
// The values of the tensor that a golden describes as [name, dims, mean, scale].
std::vector<float> made_values(const Json& spec, uint64_t seed);

/// Writes config.json and model.safetensors into `folder`, with the first `layers` layers (0: all).
void write_folder(const FamilyGolden& golden, const std::filesystem::path& folder, int64_t layers = 0);

/// Writes a module of sentence-transformers into the folder `name` of `folder`: config.json and model.safetensors of
/// {"config": object or null, "tensors": [[name, dims, mean, scale]...]}; its values are those of "<module>.<tensor>".
void write_module(const Json& module, const std::string& name, uint64_t seed, const std::filesystem::path& folder);

/// Writes the same weights into `file`, as llama.cpp's converter would store them.
void write_gguf(const FamilyGolden& golden, const std::filesystem::path& file, int64_t layers = 0);

}  // namespace weft::test
