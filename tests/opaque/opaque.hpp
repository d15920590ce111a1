// An engine with opaque devices, and what sessions of a model do there.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "tests/family_golden.hpp"
#include "tests/golden_model.hpp"
#include "tests/hostile_files.hpp"
#include "tests/opaque/watch.hpp"

namespace weft::test {

/// Its end fails the test where the host has kept an object of a device or broken a rule of the ABI.
class OpaqueEngine {
 public:
  /// `options`: the plugin's, as JSON members: "\"step\": 2".
  explicit OpaqueEngine(const std::string& options = "");
  ~OpaqueEngine();
  OpaqueEngine(const OpaqueEngine&) = delete;

  Engine& engine() const { return *engine_; }
  opaque::Watch& watch() const { return *watch_; }
  /// The model in `path` at exact precision, with 3 sequences of 64 tokens.
  Result<std::shared_ptr<Model>> load(const std::string& path, const std::string& backend = "opaque",
                                      const std::string& layers = "") const;
  std::vector<std::shared_ptr<Device>> devices(const std::string& backend = "opaque") const;

 private:
  std::shared_ptr<Engine> engine_;
  opaque::Watch* watch_ = nullptr;
};

/// The devices that run a part of the model.
std::set<std::string> backends(const Model& model);

/// A model that the goldens describe, written into a folder. std::runtime_error: its family's folder is gone.
class WrittenModel {
 public:
  explicit WrittenModel(const std::string& golden);
  std::string path() const { return folder_.path(); }

 private:
  testing_files::TempFolder folder_;
};

/// Three sequences of one session: steps, forks that write their common block in one step, a rollback, a sequence that
/// begins anew, and, where the model has one, its encoder.
class Play {
 public:
  explicit Play(Session& session) : session_(session) {}
  /// Plays to the end. A step or encode that fails must have changed no sequence; it is done again, once, and must then
  /// succeed. The error: it failed again, or left a sequence changed.
  Status run();
  const std::vector<float>& logits() const { return logits_; }
  /// Whether a step or encode failed at first, and with what.
  const Status& first_failure() const { return first_failure_; }

 private:
  struct Part {
    std::size_t sequence;  // in sequences_
    int first, count;      // which tokens
  };
  Status open(std::size_t which);
  Status step(std::initializer_list<Part> parts);
  template <class Try>
  Status twice(const Try& attempt);

  Session& session_;
  std::vector<SequenceId> sequences_ = std::vector<SequenceId>(3, -1);
  std::vector<float> logits_;
  Status first_failure_;
};

/// The logits of a whole play in a new session of the model.
std::vector<float> played(const Model& model);

}  // namespace weft::test
