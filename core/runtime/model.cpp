#include "core/runtime/model.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"

namespace weft {

Result<std::shared_ptr<Model>> Model::load(Engine& engine, const std::string& handle, const LoadOptions& options) {
  std::shared_ptr<Model> model(new Model);
  model->engine_ = engine.shared_from_this();
  WEFT_TRY(model->checkpoint_, engine.open_arriving(handle));
  WEFT_TRY(Blueprint blueprint, make_blueprint(engine, *model->checkpoint_, options));
  model->architecture_ = blueprint.architecture, model->converter_ = blueprint.converter;
  model->architecture_plugin_ = blueprint.architecture_plugin;
  model->limits_ = {blueprint.context, blueprint.vocab, blueprint.step_tokens, options.sequences};
  model->source_ = std::make_shared<ParamSource>(model->checkpoint_, std::move(blueprint.plan), std::move(blueprint.params));

  const std::string precision = !options.precision.empty() ? options.precision : engine.config().precision;
  const uint32_t mode = precision == "exact"     ? WEFT_PRECISION_EXACT
                        : precision == "default" ? WEFT_PRECISION_DEFAULT
                        : precision == "fast"    ? WEFT_PRECISION_FAST
                                                 : WEFT_PRECISION_UNSAID;
  WEFT_TRY(auto devices, engine.open_devices(options.backend));
  std::vector<std::shared_ptr<Store>> stores;
  for (auto& device : devices) {
    WEFT_TRY(auto store, Store::create(device, model->source_->abi(), mode));
    stores.push_back(std::move(store));
  }
  const auto compile = [&](const Graph& graph) -> Result<std::shared_ptr<const CompiledGraph>> {
    WEFT_TRY(auto compiled, compile_graph(graph, stores, options.strict_device));
    for (const std::string& note : compiled->placement.notes) engine.host().log(WEFT_LOG_INFO, "placement", note);
    return compiled;
  };
  WEFT_TRY(model->step_, compile(blueprint.step));
  if (blueprint.encode) {
    SourceReader& reader = model->source_reader_;
    WEFT_TRY(reader.encode, compile(*blueprint.encode));
    reader.encode_tokens = std::max(blueprint.context, blueprint.step_tokens);
    reader.start_token = static_cast<int32_t>(blueprint.start_token);
  }

  auto text = TextSide::load(*model->checkpoint_);
  if (text.ok()) {
    model->text_ = std::move(*text);
  } else {
    model->text_missing_ = with_name(text.status(), model->checkpoint_->files().folder(), handle).message();
  }
  WEFT_TRY(model->stop_ids_, stop_ids_of(*model->checkpoint_, model->text()));
  WEFT_CHECK_OK(model->checkpoint_->check_intact());
  return model;
}

Status Model::check_intact() const {
  WEFT_CHECK_OK(checkpoint_->complete());
  return checkpoint_->check_intact();
}

Result<std::unique_ptr<Session>> Model::new_session() const {
  const auto intact = [self = shared_from_this()] { return self->check_intact(); };
  return Session::create(step_, limits_, intact, source_reader_);
}

std::string Model::summary() const {
  std::set<std::string> devices;
  for (const Segment& s : step_->placement.segments) devices.insert(step_->stores[s.device]->device()->name());
  return fmt::format("{} by {} (format {}, converter {}, blueprint {} of {}, backend {})", checkpoint_->path(), architecture_,
                     checkpoint_->format_plugin(), converter_, architecture_, architecture_plugin_, fmt::join(devices, "+"));
}

}  // namespace weft
