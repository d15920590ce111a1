// What the commands share: options, errors, reading ids.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/engine.hpp"
#include "core/runtime/model.hpp"

namespace weft::app {

/// Options that every command with a MODEL takes.
struct Common {
  std::string model, backend, precision, kv, config, architecture;
  int64_t threads = 0, context = 0;
  bool strict_device = false, json = false, verbose = false;
};

void add_engine_options(CLI::App& command, Common& common);
void add_model_options(CLI::App& command, Common& common);

Result<std::shared_ptr<Engine>> make_engine(const Common& common);
/// The model with its step graph compiled; `sequences`: open at once.
Result<std::shared_ptr<Model>> load_model(Engine& engine, const Common& common,
                                          int64_t sequences = 1);

/// "1,2,3" to ids; an error names what is not a number.
Result<std::vector<int32_t>> parse_ids(const std::string& text);
Result<std::string> read_whole_file(const std::string& path, uint64_t max_bytes = 64u << 20);

/// Prints "weft: error: ..." in one line and returns the exit code 1.
int report(const Status& status);

void add_run(CLI::App& app, int& exit_code);
void add_logits(CLI::App& app, int& exit_code);
void add_tokenize(CLI::App& app, int& exit_code);
void add_template(CLI::App& app, int& exit_code);
void add_inspect(CLI::App& app, int& exit_code);
void add_plugins(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);

}  // namespace weft::app
