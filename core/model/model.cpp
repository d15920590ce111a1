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
  options.candidates = options.graph == "step" && !devices.last().host_pointers();
  WEFT_TRY(Blueprint blueprint, make_blueprint(engine, *model->checkpoint_, options));
  model->architecture_ = blueprint.architecture, model->converter_ = blueprint.converter;
  model->architecture_plugin_ = blueprint.architecture_plugin;
  model->config_ = std::move(blueprint.config), model->trained_context_ = blueprint.max_context;
  model->limits_ = {blueprint.context, blueprint.vocab, blueprint.step_tokens, options.sequences, options.cache_bytes,
                    options.logits_rows};
  model->params_ =
      std::make_shared<ParamReader>(model->checkpoint_, std::move(blueprint.plan), std::move(blueprint.params));

  const std::string precision = !options.precision.empty() ? options.precision : engine.config().precision;
  model->precision_ = precision.empty() ? "default" : precision;
  const uint32_t mode = precision == "exact"  ? WEFT_PRECISION_EXACT
                        : precision == "fast" ? WEFT_PRECISION_FAST
                                              : WEFT_PRECISION_DEFAULT;
  WEFT_CHECK_OK(options.limits.check());
  WEFT_TRY(PlaceOptions where, devices.place(options, blueprint, *model->params_));
  std::vector<std::shared_ptr<Store>> stores;
  for (auto& device : devices.all) {
    WEFT_TRY(auto store, Store::create(device, model->params_->abi(), mode));
    stores.push_back(std::move(store));
  }
  const auto compile = [&](const Graph& graph) -> Result<std::shared_ptr<const CompiledGraph>> {
    WEFT_CHECK_OK(options.limits.check());
    WEFT_TRY(auto compiled, compile_graph(graph, stores, where));
    for (const std::string& note : compiled->placement.notes) engine.host().log(WEFT_LOG_INFO, "placement", note);
    return compiled;
  };
  if (!blueprint.encode) {
    WEFT_TRY(model->step_, compile(blueprint.step));
  } else {
    SequenceEncoder& encoder = model->encoder_;
    // The graph that is placed first decides where the states of both are; the other one may lack an op there.
    const auto compile_both = [&](bool step_first) -> Status {
      auto &first = step_first ? model->step_ : encoder.graph, &second = step_first ? encoder.graph : model->step_;
      where.states.clear();
      WEFT_TRY(first, compile(step_first ? blueprint.step : *blueprint.encode));
      where.states = first->placement.states();
      WEFT_TRY(second, compile(step_first ? *blueprint.encode : blueprint.step));
      return {};
    };
    Status compiled = compile_both(true);
    if (compiled.code() == Code::kUnimplemented) compiled = compile_both(false);
    WEFT_CHECK_OK(compiled);
    encoder.tokens = std::max(blueprint.context, blueprint.step_tokens);
    encoder.start_token = static_cast<int32_t>(blueprint.start_token);
  }

  WEFT_CHECK_OK(options.limits.check());
  auto text = TextSide::load(*model->checkpoint_);
  if (text.ok()) {
    model->text_ = std::move(*text);
    model->text_->limit_prompts(model->limits_.context);
  } else {
    model->text_missing_ = with_name(text.status(), model->checkpoint_->files().folder(), handle).message();
  }
  WEFT_TRY(model->stop_ids_, stop_ids_of(*model->checkpoint_, model->text()));
  if (options.graph == "step") {
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

Result<std::unique_ptr<Session>> Model::new_session() const {
  const auto intact = [self = shared_from_this()] { return self->check_intact(); };
  return Session::create(step_, limits_, intact, encoder_);
}

std::set<std::string> Model::backends() const {
  std::set<std::string> names;
  for (const Segment& s : step_->placement.segments) names.insert(step_->stores[s.device]->device()->name());
  return names;
}

std::string Model::summary() const {
  return fmt::format("{} by {} (format {}, converter {}, blueprint {} of {}, backend {}, precision {})",
                     checkpoint_->path(), architecture_, checkpoint_->format_plugin(), converter_, architecture_,
                     architecture_plugin_, fmt::join(backends(), "+"), precision_);
}

std::string Model::describe() const {
  Json out = {{"checkpoint", checkpoint_->path()}, {"format", checkpoint_->format()}, {"converter", converter_},
              {"architecture", architecture_}, {"architecture_plugin", architecture_plugin_},
              {"backends", backends()}, {"precision", precision_}, {"vocab_size", limits_.vocab},
              {"context", limits_.context}, {"trained_context", trained_context_},
              {"sequences", limits_.sequences}, {"step_tokens", limits_.step_tokens},
              {"start_token", start_token()}, {"stop_ids", stop_ids_}, {"chat_templates", Json::array()}};
  const DrainAtEnd drain(out);
  if (text_) out["chat_templates"] = text_->chat().names();
  out["config"] = config_, out["metadata"] = checkpoint_->metadata();
  std::string text = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();  // removes the closing brace
  return text + ",\"sampling\":" + settle_sampling({}, sampling_).json + "}";
}

}  // namespace weft
