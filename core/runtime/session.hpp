// Sequences that share one cache and run their steps together on the flat token axis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/device/graph_instance.hpp"
#include "core/runtime/paged_table.hpp"
#include "core/runtime/sampling/sampler.hpp"
#include "core/runtime/slot_table.hpp"
#include "weft/status.hpp"

namespace weft {

struct SessionLimits {
  int64_t context = 0;      // how many tokens a sequence may have
  int64_t vocab = 0;        // token ids are below it
  int64_t step_tokens = 0;  // the most tokens of one step, of all sequences together
  int64_t sequences = 0;    // how many may be open at once
  uint64_t cache = 0;       // the most bytes that their states take; 0: what the devices have free
  int64_t rows = 0;         // the most rows of logits of one step; 0: as many as tokens
  bool whole_sequences = false;  // all tokens of a sequence are given in one step
};

using SequenceId = int32_t;

/// What a host gives beside tokens: an entry for each token of an item, for an input of the graph that has one for each
/// token (weft/abi/architecture.h), such as "token_types", "embeddings", or "positions" in place of the tokens' own.
struct TokenInput {
  std::string_view name;
  std::span<const std::byte> data;  // dense, of the input's dtype
};

/// What one step adds to one sequence.
struct StepItem {
  SequenceId sequence = 0;
  std::span<const int32_t> tokens;  // at least one
  bool all_rows = false;            // logits after every token; false: after the last one
  std::span<const TokenInput> inputs = {};
};

/// The outputs of a graph that gives the likeliest tokens of its rows.
inline constexpr const char *kCandidateIds = "candidate_ids", *kCandidateLogits = "candidate_logits",
                            *kCandidateTotal = "candidate_total";

/// The graph's first output that has an entry for each wanted row or each sequence, in the order of the items: [rows,
/// width]. Valid until the next step.
struct StepRows {
  const float* data = nullptr;  // null: there are candidates alone
  int64_t rows = 0, width = 0;
  const int32_t* candidate_ids = nullptr;  // [rows, candidates], the likeliest first; null: there are none
  const float *candidate_logits = nullptr, *candidate_total = nullptr;  // [rows, candidates], [rows]
  int64_t candidates = 0;
  Candidates candidates_of(int64_t r) const {
    const auto n = static_cast<std::size_t>(candidates);
    return {{candidate_ids + r * candidates, n}, {candidate_logits + r * candidates, n}, candidate_total[r]};
  }
  std::span<const float> row(int64_t r) const {
    return {data + r * width, static_cast<std::size_t>(width)};
  }
};

/// The graph that reads the encoder's input in encoder-decoders (weft/abi/architecture.h: "read-source").
struct SequenceEncoder {
  std::shared_ptr<const CompiledGraph> graph;  // null: the model has none
  int64_t tokens = 0;                          // the most tokens of one encode, of all sequences together
  int32_t start_token = -1;                    // the token that a sequence begins with
};

/// [one thread per session]
class Session {
 public:
  /// `intact` is called after each step and says whether the weights could be read. What it captures lives as long as
  /// the session.
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const CompiledGraph> step,
                                                 const SessionLimits& limits,
                                                 std::function<Status()> intact, const SequenceEncoder& encoder = {});

  Result<SequenceId> open();
  Status close(SequenceId id);
  /// Opens a sequence with the same tokens and encoder's input as another. They share their cache until one of them
  /// writes.
  Result<SequenceId> fork(SequenceId id);
  /// Forgets the tokens from `length` on; the encoder's input stays.
  Status rollback(SequenceId id, int64_t length);
  /// Keeps only the tokens that the sequence has in common with the beginning of `ids`, and returns their number. It is
  /// less than the size of `ids`, so that some ids are left to be stepped. 0: the sequence cannot go back so far, or an
  /// encoder has to read `ids`.
  Result<int64_t> keep_common(SequenceId id, std::span<const int32_t> ids);
  Result<int64_t> length(SequenceId id) const;
  /// The sequence's own tokens. Valid until the sequence changes.
  Result<std::span<const int32_t>> tokens(SequenceId id) const;
  const SessionLimits& limits() const { return limits_; }
  const GraphInstance& graph() const { return *step_.graph; }

  /// Whether an encoder reads an input for each sequence before its own tokens.
  bool has_encoder() const { return encode_.graph != nullptr; }
  /// The token that a sequence begins with; -1: the model has no encoder.
  int32_t start_token() const { return start_token_; }
  /// Reads each item's tokens as the encoder's input of its sequence, which must be new. Errors as for `step`.
  /// FAILED_PRECONDITION: the model has no "read-source".
  Status encode(std::span<const StepItem> items, const GoOn& go_on = {});

  /// Adds each item's tokens to its sequence. On failure no sequence has changed. OUT_OF_RANGE: a sequence would exceed
  /// the context. RESOURCE_EXHAUSTED: the cache is full. DATA_LOSS: a file of the checkpoint has shrunk.
  /// FAILED_PRECONDITION: a sequence lacks the encoder's input, or has had its step where sequences are whole.
  /// `few`: how many candidates a row suffice instead of the row; 0: none do. Where the graph gives as many, the rows
  /// stay on their device.
  /// go_on: asked before each part that a device is given; its error is the step's.
  Result<StepRows> step(std::span<const StepItem> items, int64_t few = 0, const GoOn& go_on = {});
  /// The sequence because of which the last step or encode failed. -1: it did not fail, or not because of one sequence.
  SequenceId failed_sequence() const { return failed_; }

 private:
  struct Sequence {
    std::vector<int32_t> tokens;                              // its own
    std::size_t plain = 0;  // how many of the first tokens are all that the step was given for them
    int64_t encoded = 0;                                      // how many tokens the encoder has read
    std::vector<std::variant<PagedTable, SlotTable>> tables;  // one for each group of the session
    int64_t length() const { return static_cast<int64_t>(tokens.size()); }
  };
  /// A graph of the session, and where each input and size of a step goes; null or WEFT_NONE: the graph does not take
  /// it.
  struct Runner {
    struct Member {  // a group of the graph, in the graph's order
      std::size_t index;  // in the session's groups
      bool grows;  // whether a run adds its tokens to the group; false: the group holds what the encoder has read
      bool stays;         // whether the group is kept after a run; false: nobody reads it any more
      int32_t *table = nullptr, *base = nullptr, *len = nullptr, *slot = nullptr, *slot_in = nullptr;
    };
    struct Symbols {
      uint32_t T, S, R, Q;  // tokens, sequences, wanted rows, tokens of the longest item
    };
    struct Further {  // an input that has an entry for each token, and that the host gives or not
      std::string name;
      std::byte* data;      // null: the graph does not read it
      uint64_t bytes;       // of an entry
      int64_t entries = 0;  // i32 values choose one of so many rows of a parameter; 0: they do not
      std::string table;    // that parameter
    };
    std::unique_ptr<GraphInstance> graph;
    std::vector<Member> groups;
    int32_t *tokens = nullptr, *positions = nullptr, *seq_start = nullptr, *token_seq = nullptr, *rows = nullptr;
    int64_t axes = 1;  // of positions
    std::vector<Further> further;
    Symbols symbols{};
    std::vector<int64_t> sizes;  // by symbol: the sizes of the current run
  };

  Session(const SessionLimits& limits, std::function<Status()> intact)
      : intact_(std::move(intact)), limits_(limits) {}
  Status add_graphs(std::shared_ptr<const CompiledGraph> step, std::shared_ptr<const CompiledGraph> encode);
  Sequence new_sequence();
  Result<Sequence*> find(SequenceId id);
  Result<const Sequence*> find(SequenceId id) const;
  Status check(const Runner& runner, std::span<const StepItem> items, int64_t most);
  Status check(const Runner& runner, const StepItem& item);
  static Status check_inputs(const Runner& runner, const StepItem& item);
  static Status resolve(Runner& runner);
  static Status find_further(Runner& runner);
  void find_candidates();
  /// Makes room for the items' tokens; gives the blocks that have to be copied before the run.
  Result<std::vector<BlockCopy>> reserve(const Runner& runner, std::span<const StepItem> items);
  /// Runs the graph; returns the number of wanted rows.
  Result<int64_t> run(Runner& runner, std::span<const StepItem> items, const GoOn& go_on);
  int64_t fill(Runner& runner, std::span<const StepItem> items);
  static void fill_further(Runner& runner, std::span<const StepItem> items);
  void fill_paged(Runner& runner, std::size_t group, std::span<const StepItem> items);
  void fill_slots(Runner& runner, std::size_t group, std::span<const StepItem> items);

  std::function<Status()> intact_;  // declared first: what it keeps alive outlives the rest
  SessionLimits limits_;
  std::shared_ptr<SessionStates> states_;
  Runner step_, encode_;  // encode_ has no graph where the model has no encoder
  int64_t encode_tokens_ = 0;
  int32_t start_token_ = -1;
  std::vector<std::unique_ptr<IdPool>> pools_;  // one for each group; they outlive the tables
  std::map<SequenceId, Sequence> sequences_;
  SequenceId next_id_ = 0, failed_ = -1;
  const float* output_ = nullptr;  // of step_: [rows or sequences, width]
  int64_t width_ = 0;
  std::string output_name_;
  StepRows candidates_;            // where those outputs are; candidates 0: the graph does not give them
};

}  // namespace weft
