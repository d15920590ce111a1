// A checkpoint of examples/two_tower with made-up weights.
#pragma once

#include <filesystem>
#include <string>

#include "tests/family_golden.hpp"

namespace weft::test {

inline constexpr uint64_t kTwoTowerSeed = 7;
inline constexpr int64_t kTwoTowerVocab = 24, kTwoTowerHidden = 16;

/// [name, dims, mean, scale] of each tensor.
inline Json two_tower_tensors() {
  constexpr int64_t v = kTwoTowerVocab, h = kTwoTowerHidden;
  Json all = {{"model.embed.weight", {v, h}, 0.0, 0.8},      {"model.rows.weight", {16, h}, 0.0, 0.5},
              {"model.columns.weight", {16, h}, 0.0, 0.5},   {"model.norm.weight", {h}, 1.0, 0.3},
              {"tower.patch.weight", {h, 12}, 0.0, 0.3},     {"tower.patch.bias", {h}, 0.0, 0.2},
              {"tower.merge.weight", {h, 2 * h}, 0.0, 0.3},  {"tower.merge.bias", {h}, 0.0, 0.2}};
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    all.push_back({layer + "norm.weight", {h}, 1.0, 0.3});
    for (const char* name : {"attention.q_proj", "attention.k_proj", "attention.v_proj", "attention.o_proj", "mix"})
      all.push_back({layer + name + ".weight", {h, h}, 0.0, 0.4});
    all.push_back({layer + "mix.bias", {h}, 0.0, 0.2});
  }
  return all;
}

inline void write_two_tower(const std::filesystem::path& folder) {
  FamilyGolden golden;
  golden.json = {{"config",
                  {{"model_type", "acme_two_tower"},
                   {"vocab_size", kTwoTowerVocab},
                   {"hidden_size", kTwoTowerHidden},
                   {"num_hidden_layers", 2},
                   {"num_attention_heads", 2},
                   {"max_position_embeddings", 64}}},
                 {"tensors", two_tower_tensors()},
                 {"seed", kTwoTowerSeed},
                 {"dtype", "f32"}};
  write_folder(golden, folder);
}

}  // namespace weft::test
