// What the commands share: options, errors, reading ids and files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/weft/options.hpp"
#include "core/base/json.hpp"
#include "core/model/engine.hpp"
#include "core/model/model.hpp"

namespace weft::app {

/// Options that every command with a MODEL takes.
struct Common {
  std::string model, backend, layers, precision, kv, config, architecture;
  int64_t threads = 0, context = 0;
  uint64_t cache_bytes = 0;
  bool pin_threads = false;
  bool strict_device = false, allow_unused = false, json = false, verbose = false;
};

void add_engine_options(Command& command, Common& common);
/// The options of the engine and of a model, and the positional argument MODEL, called `model_name` in the help.
void add_model_options(Command& command, Common& common, const char* model_name = "MODEL",
                       const char* model_help = "a folder, a file, or hf://org/name");

Result<std::shared_ptr<Engine>> make_engine(const Common& common);
LoadOptions load_options(const Common& common);
/// These options with exact precision unless the user named one: for results that are compared with other runs.
Common exact_unless_said(Common common);
/// Load options that take the first graph that the model has, whichever it is.
LoadOptions any_graph(const Common& common);
/// Loads the model for a role (weft/abi/architecture.h); shows progress.
Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& common,
                                          const char* role = WEFT_ROLE_PREDICT_TOKENS);

/// "1,2,3" to ids, at least one; an error names what is not an id.
Result<std::vector<int32_t>> parse_ids(const std::string& text);

/// A file as JSON; errors name it.
Result<Json> read_json_file(const std::string& path);

/// "; did you mean hf://org/name?" of a name that is nothing here and looks like a handle; else "".
std::string handle_meant(const std::string& name);
/// One line "weft: error: ..." on standard error.
void print_error(std::string_view message);

void add_run(Commands& commands);
void add_logits(Commands& commands);
void add_embed(Commands& commands);
void add_classify(Commands& commands);
void add_rerank(Commands& commands);
void add_tag(Commands& commands);
void add_fill(Commands& commands);
void add_answer(Commands& commands);
void add_tokenize(Commands& commands);
void add_template(Commands& commands);
void add_inspect(Commands& commands);
void add_plugins(Commands& commands);
void add_plugins_check(Commands& commands);
void add_plugins_probe(Commands& commands);
void add_devices(Commands& commands);
void add_bench(Commands& commands);
void add_pull(Commands& commands);
void add_cache_commands(Commands& commands);  // list, rm, prune, verify
void add_info(Commands& commands);
void add_login(Commands& commands);
/// All of these.
Commands all_commands();

}  // namespace weft::app
