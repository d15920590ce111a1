// weft inspect MODEL [--explain]: format, family, converter, config, parameters, bytes, plan.
#include <cstdio>

#include "apps/weft/common.hpp"
#include "core/base/json.hpp"
#include "core/base/status_abi.hpp"
#include "core/graph/dump.hpp"

namespace weft::app {
namespace {

Status inspect(const Common& common, bool explain, bool dump_graph) {
  WEFT_TRY(auto engine, make_engine(common));
  WEFT_TRY(auto checkpoint, engine->open_checkpoint(common.model));
  LoadOptions options;
  options.architecture = common.architecture;
  options.kv = common.kv;
  options.context = common.context;
  WEFT_TRY(Blueprint b, make_blueprint(*engine, *checkpoint, options));
  uint64_t parameters = 0;
  for (std::size_t p = 0; p < b.params.size(); ++p) {
    uint64_t n = 1;
    for (int64_t d : b.params[p].dims) n *= static_cast<uint64_t>(d);
    parameters += b.plan.tied_to[p] == p ? n : 0;
  }
  std::map<std::string, uint64_t> dtypes;
  for (const StoredTensor& t : checkpoint->tensors()) ++dtypes[std::string(to_view(engine->host().dtypes().find(t.dtype)->name))];
  if (common.json) {
    Json out = {{"path", checkpoint->path()}, {"format", checkpoint->format()}, {"architecture", b.architecture},
                {"converter", b.converter}, {"parameters", parameters}, {"bytes", checkpoint->stored_bytes()},
                {"tensors", dtypes}, {"context", b.max_context}, {"config", b.config}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    std::printf("model        %s\nformat       %s (%s)\nblueprint    %s (%s)\nconverter    %s (%s)\n", checkpoint->path().c_str(),
                checkpoint->format().c_str(), checkpoint->format_plugin().c_str(), b.architecture.c_str(),
                b.architecture_plugin.c_str(), b.converter.c_str(), b.converter_plugin.c_str());
    std::printf("parameters   %llu in %zu tensors, %.1f MB as stored:", static_cast<unsigned long long>(parameters),
                checkpoint->tensors().size(), static_cast<double>(checkpoint->stored_bytes()) / 1e6);
    for (const auto& [name, n] : dtypes) std::printf(" %s x%llu", name.c_str(), static_cast<unsigned long long>(n));
    std::printf("\ncontext      %lld tokens\ngraph        step %s, %zu nodes\nconfig       %s\n", static_cast<long long>(b.max_context),
                text(hash(b.step)).c_str(), b.step.nodes.size(), b.config.dump().c_str());
  }
  if (dump_graph) std::printf("%s", dump(b.step).c_str());
  if (explain) {
    for (const auto& [tensor, reason] : b.plan.ignored) {
      std::printf("ignored      %s: %s\n", checkpoint->tensors()[tensor].name.c_str(), reason.c_str());
    }
    const ParamSource source(checkpoint, b.plan, b.params);
    for (std::size_t p = 0; p < b.params.size(); ++p) {
      std::printf("%-60s %s\n", b.params[p].name.c_str(), source.explain(p).c_str());
    }
  }
  return {};
}

}  // namespace

void add_inspect(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("inspect", "what a checkpoint is and how it would run");
  auto common = std::make_shared<Common>();
  auto explain = std::make_shared<bool>(false), graph = std::make_shared<bool>(false);
  add_model_options(*command, *common);
  command->add_flag("--explain", *explain, "alias, view or stream, and why, tensor by tensor");
  command->add_flag("--graph", *graph, "the step graph as text");
  command->callback([=, &exit_code] {
    if (Status s = inspect(*common, *explain, *graph); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
