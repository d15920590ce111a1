// The plugin side of weft.architecture: an abstract Model and the table that serves it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weft/abi/architecture.h"
#include "weft/sdk/graph.hpp"
#include "weft/sdk/json.hpp"

namespace weft::sdk {

/// A graph of a model; see weft_graph_info.
struct GraphInfo {
  std::string name, role;
  bool whole_sequences = false;
};

/// One opened blueprint. `build` is pure: equal calls write equal graphs.
class Model {
 public:
  virtual ~Model() = default;
  virtual int64_t vocab_size() const = 0;
  virtual int64_t max_context() const = 0;
  virtual std::vector<GraphInfo> graphs() const { return {{"step", WEFT_ROLE_PREDICT_TOKENS}}; }
  virtual int64_t start_token() const { return -1; }
  virtual void build(std::string_view graph, Graph& g) const = 0;
};

/// The interface table of an architecture whose models `Make(config, context)` makes.
template <std::unique_ptr<Model> (*Make)(const Json& config, int64_t context)>
weft_architecture architecture_table(std::string_view id) {
  struct Opened {
    const weft_host* host;
    std::unique_ptr<Model> model;
    std::vector<GraphInfo> named;
    std::vector<weft_graph_info> graphs;
  };
  return {WEFT_HDR(weft_architecture, build), this_host(), nullptr, str(id),
          [](void* self, const weft_json* config, int64_t context, void** out) noexcept {
            return guard(host_of(self), [&] {
              auto opened = std::make_unique<Opened>();
              opened->host = host_of(self);
              opened->model = Make(Json(config), context);
              opened->named = opened->model->graphs();
              for (const GraphInfo& g : opened->named) {
                opened->graphs.push_back({WEFT_HDR(weft_graph_info, reserved), str(g.name), str(g.role),
                                          g.whole_sequences ? 1u : 0u, 0});
              }
              *out = opened.release();
            });
          },
          [](void* model) noexcept {
            const Entry entry(static_cast<Opened*>(model)->host);
            delete static_cast<Opened*>(model);
          },
          [](void* model, weft_model_info* out) noexcept {
            return guard(static_cast<Opened*>(model)->host, [&] {
              auto* opened = static_cast<Opened*>(model);
              out->vocab_size = opened->model->vocab_size();
              out->max_context = opened->model->max_context();
              out->n_graphs = static_cast<uint32_t>(opened->graphs.size());
              out->graph_stride = sizeof(weft_graph_info);
              out->graphs = opened->graphs.data();
              if (WEFT_HAS(out, weft_model_info, start_token)) out->start_token = opened->model->start_token();
            });
          },
          [](void* model, weft_str graph, const weft_builder* builder) noexcept {
            return guard(static_cast<Opened*>(model)->host, [&] {
              Graph g(*builder);
              static_cast<Opened*>(model)->model->build(view(graph), g);
            });
          }};
}

}  // namespace weft::sdk
