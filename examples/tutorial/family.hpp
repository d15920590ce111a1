// A family: Llama with squared_relu in its MLP. Its checkpoints say {"model_type": "tutorial"}.
#pragma once

#include <weft/blocks/decoder.hpp>
#include <weft/sdk/family.hpp>

#include "op.hpp"

namespace tutorial {

using weft::sdk::Config, weft::sdk::Json, weft::sdk::Model, weft::sdk::Scope, weft::sdk::Tensor;
namespace blocks = weft::blocks;

struct Tutorial : weft::sdk::Family {
  static constexpr std::string_view kType = "tutorial";

  static std::unique_ptr<Model> make(const Json& json, int64_t) {
    Config c("tutorial", json);
    blocks::DecoderShape s = blocks::read_decoder(c, {});
    c.finish();
    s.feed_forward = [hidden = s.hidden, inner = s.mlp.inner](const blocks::Step&, const Scope& layer, std::size_t,
                                                              Tensor x) {
      const Scope mlp = layer / "mlp";
      const Tensor gate = squared_relu(mlp.graph(), blocks::linear(mlp / "gate_proj", x, hidden, inner, false));
      const Tensor up = blocks::linear(mlp / "up_proj", x, hidden, inner, false);  // [T, inner], as gate
      return blocks::linear(mlp / "down_proj", mlp.graph().mul(gate, up), inner, hidden, false);  // [T, hidden]
    };
    return std::make_unique<blocks::Decoder>(std::move(s));
  }
};

}  // namespace tutorial
