#include "core/model/graph_writer.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/model/candidates.hpp"
#include "core/graph/symbols.hpp"
#include "core/runtime/slot_table.hpp"

namespace weft {
namespace {

constexpr int64_t kBlock = 16;  // tokens that the cache hands out at once; larger: more of it is left unused
int64_t blocks_of(int64_t context) { return (context + kBlock - 1) / kBlock + 1; }

// The most graphs of a model. Larger: a wrong count of a plugin is read on as graphs.
constexpr uint32_t kMostGraphs = 256;

}  // namespace

Result<std::unique_ptr<GraphWriter>> GraphWriter::open(Engine& engine, const Checkpoint& checkpoint,
                                                       const LoadOptions& options, const Interface& architecture,
                                                       Json&& config) {
  std::unique_ptr<GraphWriter> w(new GraphWriter(engine, checkpoint, options));
  w->plugin_ = architecture.plugin_id, w->config_ = std::move(config);
  w->api_ = static_cast<const weft_architecture*>(architecture.table);
  const weft_json view = w->config_view();
  WEFT_CHECK_OK(call_plugin(w->plugin_, "open", [&] {
                  return w->api_->open(architecture.self, &view, options.context, &w->model_);
                }).with_context(checkpoint.path()));
  if (w->model_ == nullptr) return error(Code::kInternal, "{}: open said OK and gave no model", w->plugin_);
  WEFT_CHECK_OK(w->read_info());
  return w;
}

GraphWriter::~GraphWriter() {
  if (model_ != nullptr) call_free([&] { api_->close(model_); });
  drain_json(config_);
}

Status GraphWriter::read_info() {
  weft_model_info info{};
  info.hdr.struct_size = WEFT_END(weft_model_info, start_token);
  info.start_token = -1;
  WEFT_CHECK_OK(call_plugin(plugin_, "info", [&] { return api_->info(model_, &info); }));
  vocab_ = info.vocab_size, max_context_ = info.max_context, start_token_ = info.start_token;
  WEFT_CHECK_OK(read_graphs(info).with_context(plugin_));
  const bool predicts = find(WEFT_ROLE_PREDICT_TOKENS).ok();
  if (vocab_ < (predicts ? 1 : 0) || vocab_ > INT32_MAX || max_context_ < 1) {
    return error(Code::kInternal,
                 "{}: info gives a vocabulary of {} and a context of {}, expected 1 to {} and 1 or more", plugin_,
                 vocab_, max_context_, INT32_MAX);
  }
  return settle_context();
}

Status GraphWriter::read_graphs(const weft_model_info& info) {
  if (info.n_graphs == 0 || info.n_graphs > kMostGraphs || info.graphs == nullptr ||
      info.graph_stride < WEFT_END(weft_graph_info, whole_sequences) ||
      info.graph_stride % alignof(weft_graph_info) != 0) {
    return error(Code::kInternal, "info gives {} graphs of {} bytes each, expected 1 to {}", info.n_graphs,
                 info.graph_stride, kMostGraphs);
  }
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < info.n_graphs; ++i) {
    const auto& g = *reinterpret_cast<const weft_graph_info*>(reinterpret_cast<const char*>(info.graphs) +
                                                              uint64_t{i} * info.graph_stride);
    if (g.name.size == 0 || g.role.size == 0 || !names.insert(to_view(g.name)).second) {
      return error(Code::kInternal, "info gives graph {} \"{}\" with the role \"{}\", expected names that differ", i,
                   to_view(g.name), to_view(g.role));
    }
    graphs_.push_back({std::string(to_view(g.name)), std::string(to_view(g.role)), g.whole_sequences != 0});
  }
  return {};
}

Result<const GraphInfo*> GraphWriter::find(std::string_view wanted) const {
  if (wanted.empty()) return &graphs_.front();
  for (const GraphInfo& g : graphs_) {
    if (g.name == wanted) return &g;
  }
  std::string roles;
  for (const GraphInfo& g : graphs_) {
    if (g.role == wanted) return &g;
    roles += (roles.empty() ? "" : ", ") + g.role;
  }
  return error(Code::kFailedPrecondition, "{}: the model has no graph for \"{}\", only for {}", checkpoint_.path(),
               wanted, roles);
}

// Slots of the cache are 32-bit numbers. A context beyond the trained one runs, but seldom gives good text, so it is
// warned of.
Status GraphWriter::settle_context() {
  const int64_t wanted = options_.context > 0 ? options_.context : engine_.config().context;
  context_ = wanted > 0 ? wanted : std::min<int64_t>(max_context_, 4096);
  const auto first = find(options_.roles.empty() ? "" : options_.roles.front());
  if (first.ok() && (*first)->whole_sequences) context_ = std::min(context_, max_context_);
  if (context_ < 1 || context_ > LoadOptions::kMostTokens)
    return invalid("{}: a context of {} tokens, expected 1 to {}", checkpoint_.path(), context_,
                   LoadOptions::kMostTokens);
  const int64_t slots = blocks_of(context_) * options_.sequences * kBlock;  // below 2^56
  if (slots > INT32_MAX) {
    return error(
        Code::kOutOfRange,
        "{}: {} sequences of {} tokens take {} slots of the cache, at most {}; lower the context or the sequences",
        checkpoint_.path(), options_.sequences, context_, slots, INT32_MAX);
  }
  if (max_context_ > 0 && context_ > max_context_) {
    engine_.host().log(
        WEFT_LOG_WARN, "context",
        fmt::format("{} tokens are more than the {} that the model was trained for", context_, max_context_));
  }
  return {};
}

bool GraphWriter::reads_source() const {
  return std::any_of(graphs_.begin(), graphs_.end(),
                     [](const GraphInfo& g) { return g.role == WEFT_ROLE_READ_SOURCE; });
}

int64_t GraphWriter::step_tokens(const GraphInfo& info) const {
  return info.whole_sequences ? std::max(context_, options_.step_tokens) : options_.step_tokens;
}

// The states of whole sequences are read in the step that writes them. Those of a source stay, for the graph that
// predicts tokens.
bool GraphWriter::lives_for_one_step(const GraphInfo& info) const {
  return info.whole_sequences && info.role != WEFT_ROLE_READ_SOURCE;
}

Result<uint32_t> GraphWriter::state_dtype(const GraphInfo& info) const {
  std::string kv = !options_.kv.empty() ? options_.kv : engine_.config().kv;
  const std::string precision = !options_.precision.empty() ? options_.precision : engine_.config().precision;
  if (kv.empty()) kv = precision == "exact" || lives_for_one_step(info) ? "f32" : "f16";  // f32 then costs little
  const uint32_t id = checkpoint_.dtypes().find(kv);
  if (id == WEFT_NONE) return error(Code::kUnimplemented, "no plugin knows the cache dtype {}", kv);
  return id;
}

// A graph that gave another value for each token, or fewer, would be sampled from all the same.
Status GraphWriter::check_rows(const GraphInfo& info, const Graph& graph) const {
  if (info.role != WEFT_ROLE_PREDICT_TOKENS && info.role != WEFT_ROLE_FILL_MASKS) return {};
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    if (graph.output_names[i] != "logits") continue;
    const Value& v = graph.values[graph.outputs[i]];
    const bool rows = v.dims.size() == 2 && v.dims[0] == ~static_cast<int64_t>(find_symbol(graph, "R"));
    if (rows && v.dims[1] == vocab_ && v.dtype == WEFT_F32) return {};
    return error(Code::kInternal, "{}: graph {} gives logits of rank {} and width {}, expected f32 [R, {}]", plugin_,
                 info.name, v.dims.size(), v.dims.empty() ? 0 : v.dims.back(), vocab_);
  }
  return error(Code::kInternal, "{}: graph {} predicts tokens and gives no logits", plugin_, info.name);
}

Result<WrittenGraph> GraphWriter::write(const GraphInfo& info, ParamTable& params) const {
  const int64_t tokens = step_tokens(info), blocks = blocks_of(context_);
  BuilderOptions options;
  options.name = info.name, options.params = &params, options.block_tokens = kBlock;
  WEFT_TRY(options.state_dtype, state_dtype(info));
  int64_t all_blocks = blocks * options_.sequences;
  if (lives_for_one_step(info)) all_blocks = std::min(all_blocks, tokens / kBlock + 2 * options_.sequences);
  options.symbol_max = [&](std::string_view symbol) -> int64_t {
    if (symbol == "S") return options_.sequences;
    if (symbol == "R" && options_.logits_rows > 0) return std::min(options_.logits_rows, tokens);
    if (symbol.starts_with("B:")) return blocks;
    if (symbol.starts_with("slots:")) return all_blocks * kBlock;
    if (symbol.starts_with("kept:")) return SlotTable::kRows * options_.sequences;
    return symbol == "T" || symbol == "R" || symbol == "Q" ? tokens : 0;
  };
  GraphBuilder builder(options);
  WEFT_CHECK_OK(call_plugin(plugin_, "build", [&] {
                  return api_->build(model_, to_str(info.name), builder.abi());
                }).with_context(checkpoint_.path()));
  if (options_.candidates && info.role == WEFT_ROLE_PREDICT_TOKENS) WEFT_CHECK_OK(add_candidates(builder, vocab_));
  WEFT_TRY(Graph graph, builder.finish());
  for (const Group& group : graph.groups) {  // of a window, a sequence keeps no more than that and a step
    // What a source and the tokens share has one size in both graphs.
    if (group.kind != WEFT_GROUP_PAGED || group.window <= 0 || reads_source()) continue;
    const int64_t most = std::min(blocks, blocks_of(group.window + tokens) + 1);
    graph.symbols[group.sym_blocks].max = most;
    graph.symbols[group.sym_slots].max = std::min(most * options_.sequences, all_blocks) * kBlock;
  }
  WEFT_CHECK_OK(check_rows(info, graph));
  params.add_uses(graph);
  return WrittenGraph{info, tokens, std::move(graph)};
}

}  // namespace weft
