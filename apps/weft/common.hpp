// What the commands share: options, errors, reading ids and files.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/runtime/engine.hpp"
#include "core/runtime/model.hpp"

namespace weft::app {

/// Options that every command with a MODEL takes.
struct Common {
  std::string model, backend, precision, kv, config, architecture;
  int64_t threads = 0, context = 0;
  bool pin_threads = false;
  bool strict_device = false, json = false, verbose = false;
};

void add_engine_options(CLI::App& command, Common& common);
/// Those and the positional argument, called `model_name` in the help.
void add_model_options(CLI::App& command, Common& common, const char* model_name = "MODEL",
                       const char* model_help = "a folder, a file, or hf://org/name");
/// A finite number of this range; NaN is outside every range.
CLI::Validator number_between(double least, double most);
/// 0 to 2^64-1, in digits alone: the library takes -1 for the largest.
CLI::Validator whole_number();

Result<std::shared_ptr<Engine>> make_engine(const Common& common);
LoadOptions load_options(const Common& common);
/// Those, for whatever the model's first graph is.
LoadOptions any_graph(const Common& common);
/// The model with this one of its graphs compiled; shows progress.
Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& common, const char* graph = "step");

/// "1,2,3" to ids, at least one; an error names what is not an id.
Result<std::vector<int32_t>> parse_ids(const std::string& text);
Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes = 64u << 20);
/// A file as JSON; errors name it.
Result<Json> read_json_file(const std::string& path);

/// What a command's callback does: runs `body` and sets the exit code. 0; 1 and one line "weft:
/// error: ..." on stderr; 130 when the user cancelled it.
void finish(int& exit_code, const std::function<Status()>& body);
void print_error(std::string_view message);

void add_run(CLI::App& app, int& exit_code);
void add_logits(CLI::App& app, int& exit_code);
void add_embed(CLI::App& app, int& exit_code);
void add_classify(CLI::App& app, int& exit_code);
void add_tokenize(CLI::App& app, int& exit_code);
void add_template(CLI::App& app, int& exit_code);
void add_inspect(CLI::App& app, int& exit_code);
void add_plugins(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_pull(CLI::App& app, int& exit_code);
void add_cache_commands(CLI::App& app, int& exit_code);  // list, rm, prune, verify
void add_info(CLI::App& app, int& exit_code);
void add_login(CLI::App& app, int& exit_code);

}  // namespace weft::app
