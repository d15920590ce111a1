// Runs the built command as a user would: as a process of its own, with or without a terminal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

struct Outcome {
  int exit_code = -1;  // -1: ended by `signal`
  int signal = 0;
  std::string out, err;
};

/// What is special about a process; by default it reads `input` and its output is collected. A Terminal takes the
/// environment alone.
struct Given {
  std::string input;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string output_path;    // standard output goes there
  bool close_output = false;  // it has none
  bool broken_pipe = false;   // its reader has gone
  uint64_t memory = 0;        // bytes of address space, 0: no limit
};

/// Nothing of the caller's environment or configuration reaches it.
Outcome weft(const std::vector<std::string>& arguments, const Given& given = {});

/// A process whose standard streams are one pseudo-terminal, of 24 lines and 80 columns; "dumb" unless TERM is given.
class Terminal {
 public:
  explicit Terminal(const std::vector<std::string>& arguments, const Given& given = {});
  ~Terminal();  // ends what still runs
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys);
  /// Whether the terminal is as a shell leaves it to a program: it shows what is typed, and gives it in whole lines.
  bool echoes() const;
  pid_t process() const { return pid_; }
  /// Reads until `text` appears in what came since the last call that found its text; gives what
  /// came up to its end. Empty after half a minute without.
  std::string read_until(const std::string& text);
  /// Reads to the end and waits.
  Outcome finish();

 private:
  bool read_some(int milliseconds);
  int master_ = -1;
  pid_t pid_ = -1;
  std::string held_;
};

/// A new empty folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path(const std::string& name = "") const;
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path folder_;
};

std::string read_file(const std::filesystem::path& path);
/// A checkpoint of tests/golden by its folder: "llama/llama1".
std::string golden(const std::string& name);
/// An i32 tensor of its golden.safetensors.
std::vector<int32_t> golden_ids(const std::string& name, const std::string& tensor);
/// "1,2,3"
std::string joined(const std::vector<int32_t>& ids);
/// The tiny model with a tokenizer and a chat template.
inline std::string chat_model() { return golden("llama/gguf_f32") + "/model.gguf"; }

}  // namespace weft::test
