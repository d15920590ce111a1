#include "core/model/model.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace weft {

Result<std::shared_ptr<Model>> Model::load(Engine& engine, const std::string& handle, const LoadOptions& options) {
  // Files may come on after the load, when its limits count no longer.
  const auto loads = std::make_shared<std::atomic<bool>>(true);
  auto model = load(engine, handle, options, [loads, limits = options.limits] {
    return *loads && !limits.check().ok();
  });
  *loads = false;
  if (model.status().code() == Code::kCancelled) WEFT_CHECK_OK(options.limits.check());  // it may be the deadline
  return model;
}

Result<std::shared_ptr<Model>> Model::load(Engine& engine, const std::string& handle, const LoadOptions& given,
                                           std::function<bool()> unwanted) {
  LoadOptions options = given;
  WEFT_CHECK_OK(options.check());
  std::shared_ptr<Model> model(new Model);
  model->engine_ = engine.shared_from_this();
  WEFT_TRY(model->checkpoint_, engine.open_arriving(handle, std::move(unwanted)));
  WEFT_CHECK_OK(options.limits.check());
  WEFT_TRY(const ModelDevices devices, ModelDevices::open(engine, options));
  // Rows of logits in the host's memory are read where they are.
  options.candidates = !devices.last().host_pointers();
  WEFT_TRY(Blueprint blueprint, make_blueprint(engine, *model->checkpoint_, options));
  const WrittenGraph& main = blueprint.graphs.front();
  model->architecture_ = blueprint.architecture, model->converter_ = blueprint.converter;
  model->writer_ = std::move(blueprint.writer);
  const GraphWriter& writer = *model->writer_;
  model->limits_ = {writer.context(), writer.vocab(), main.step_tokens, options.sequences, options.cache_bytes,
                    options.logits_rows, main.info.whole_sequences};
  model->params_ =
      std::make_shared<ParamReader>(model->checkpoint_, std::move(blueprint.plan), std::move(blueprint.params));

  const std::string precision = !options.precision.empty() ? options.precision : engine.config().precision;
  model->precision_ = precision.empty() ? "default" : precision;
  const uint32_t mode = precision == "exact"  ? WEFT_PRECISION_EXACT
                        : precision == "fast" ? WEFT_PRECISION_FAST
                                              : WEFT_PRECISION_DEFAULT;
  WEFT_CHECK_OK(options.limits.check());
  WEFT_TRY(model->where_, devices.place(options, blueprint.graphs, *model->params_));
  for (auto& device : devices.all) {
    WEFT_TRY(auto store, Store::create(device, model->params_->abi(), mode));
    model->stores_.push_back(std::move(store));
  }
  WEFT_CHECK_OK(options.limits.check());
  const WrittenGraph* source = blueprint.find(WEFT_ROLE_READ_SOURCE);
  if (source != nullptr && main.info.role == WEFT_ROLE_PREDICT_TOKENS) {
    WEFT_CHECK_OK(model->compile_pair(main, *source));
  } else {
    WEFT_TRY(model->main_, model->compile(main.graph, model->where_));
  }
  model->graphs_[main.info.name] = {main.step_tokens, main.info.whole_sequences, model->main_};

  WEFT_CHECK_OK(options.limits.check());
  auto text = TextSide::load(engine, *model->checkpoint_);
  if (text.ok()) {
    model->text_ = std::move(*text);
    model->text_->limit_prompts(model->limits_.context);
  } else {
    model->text_missing_ = with_name(text.status(), model->checkpoint_->files().folder(), handle).message();
  }
  WEFT_TRY(model->stop_ids_, stop_ids_of(*model->checkpoint_, model->text()));
  if (main.info.role == WEFT_ROLE_PREDICT_TOKENS) {
    const auto warn = [&](const std::string& text) { engine.host().log(WEFT_LOG_WARN, "generation config", text); };
    WEFT_TRY(model->sampling_, sampling_choice_of(*model->checkpoint_, warn));
  }
  WEFT_CHECK_OK(model->checkpoint_->check_intact());
  return model;
}

Status Model::check_intact() const {
  WEFT_CHECK_OK(checkpoint_->complete());
  return checkpoint_->check_intact();
}

Result<std::shared_ptr<const CompiledGraph>> Model::compile(const Graph& graph, const PlaceOptions& where) const {
  WEFT_TRY(auto compiled, compile_graph(graph, stores_, where));
  for (const std::string& note : compiled->placement.notes) engine_->host().log(WEFT_LOG_INFO, "placement", note);
  return compiled;
}

// The graph that is placed first decides where the states of both are; the other one may lack an op there.
Status Model::compile_pair(const WrittenGraph& tokens, const WrittenGraph& source) {
  const auto compile_both = [&](bool tokens_first) -> Status {
    auto &first = tokens_first ? main_ : encoder_.graph, &second = tokens_first ? encoder_.graph : main_;
    PlaceOptions where = where_;
    WEFT_TRY(first, compile(tokens_first ? tokens.graph : source.graph, where));
    where.states = first->placement.states();
    WEFT_TRY(second, compile(tokens_first ? source.graph : tokens.graph, where));
    return {};
  };
  Status compiled = compile_both(true);
  if (compiled.code() == Code::kUnimplemented) compiled = compile_both(false);
  WEFT_CHECK_OK(compiled);
  encoder_.tokens = source.step_tokens, encoder_.start_token = static_cast<int32_t>(writer_->start_token());
  return {};
}

/// Writes a graph that was not asked for at the load. Stores know the parameters of those that were, and their uses.
Result<WrittenGraph> Model::write_further(const GraphInfo& info) const {
  ParamTable params;
  std::vector<uint32_t> uses;
  for (const ParamDecl& p : params_->params()) {
    WEFT_CHECK_OK(params.add(p.name, p.dims).status());
    uses.push_back(p.uses);
  }
  WEFT_TRY(WrittenGraph written, writer_->write(info, params));
  for (std::size_t i = 0; i < params.all().size(); ++i) {
    const ParamDecl& p = params.all()[i];
    if (i < uses.size() && (p.uses & ~uses[i]) == 0) continue;
    return error(Code::kFailedPrecondition,
                 "{}: graph {} takes {}, which was not loaded; load the model for \"{}\" too", checkpoint_->path(),
                 info.name, p.name, info.role);
  }
  return written;
}

Result<std::shared_ptr<const CompiledGraph>> Model::graph(std::string_view role) const {
  const std::lock_guard lock(graphs_mutex_);
  WEFT_TRY(const Compiled* found, find(role));
  return found->graph;
}

Result<const Model::Compiled*> Model::find(std::string_view role) const {
  WEFT_TRY(const GraphInfo* info, writer_->find(role));
  const auto known = graphs_.find(info->name);
  if (known != graphs_.end()) return &known->second;
  WEFT_TRY(const WrittenGraph written, write_further(*info));
  WEFT_TRY(auto compiled, compile(written.graph, where_));
  return &(graphs_[info->name] = {written.step_tokens, info->whole_sequences, std::move(compiled)});
}

Result<std::unique_ptr<Session>> Model::new_session(std::string_view role) const {
  const auto intact = [self = shared_from_this()] { return self->check_intact(); };
  if (role.empty()) return Session::create(main_, limits_, intact, encoder_);
  const std::lock_guard lock(graphs_mutex_);
  WEFT_TRY(const Compiled* found, find(role));
  if (found->graph == main_) return Session::create(main_, limits_, intact, encoder_);
  if (role == WEFT_ROLE_PREDICT_TOKENS && writer_->find(WEFT_ROLE_READ_SOURCE).ok()) {
    return error(Code::kFailedPrecondition,
                 "{}: sequences of graph {} need a source; load the model for \"{}\" first", checkpoint_->path(),
                 found->graph->graph().name, role);
  }
  SessionLimits limits = limits_;
  limits.step_tokens = found->step_tokens, limits.whole_sequences = found->whole_sequences;
  return Session::create(found->graph, limits, intact);
}

Result<std::unique_ptr<GraphCall>> Model::new_call(std::string_view role) const {
  WEFT_TRY(auto found, graph(role));
  return GraphCall::create(std::move(found), [self = shared_from_this()] { return self->check_intact(); });
}

std::set<std::string> Model::backends() const {
  std::set<std::string> names;
  for (const Segment& s : main_->placement.segments) names.insert(main_->stores[s.device]->device()->name());
  return names;
}

std::string Model::summary() const {
  return fmt::format("{} by {} (format {}, converter {}, blueprint {} of {}, backend {}, precision {})",
                     checkpoint_->path(), architecture_, checkpoint_->format_plugin(), converter_, architecture_,
                     writer_->plugin(), fmt::join(backends(), "+"), precision_);
}

std::string Model::describe() const {
  Json out = {{"checkpoint", checkpoint_->path()}, {"format", checkpoint_->format()}, {"converter", converter_},
              {"architecture", architecture_}, {"architecture_plugin", writer_->plugin()},
              {"backends", backends()}, {"precision", precision_}, {"vocab_size", limits_.vocab},
              {"context", limits_.context}, {"trained_context", trained_context()},
              {"sequences", limits_.sequences}, {"step_tokens", limits_.step_tokens},
              {"start_token", start_token()}, {"stop_ids", stop_ids_}, {"graphs", Json::array()},
              {"chat_templates", Json::array()}};
  const DrainAtEnd drain(out);
  if (text_) out["chat_templates"] = text_->chat().names();
  for (const GraphInfo& g : graphs())
    out["graphs"].push_back({{"name", g.name}, {"role", g.role}, {"whole_sequences", g.whole_sequences}});
  out["config"] = writer_->config(), out["metadata"] = checkpoint_->metadata();
  std::string text = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();  // removes the closing brace
  return text + ",\"sampling\":" + settle_sampling({}, sampling_).json + "}";
}

}  // namespace weft
