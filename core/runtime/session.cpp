#include "core/runtime/session.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"

namespace weft {

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const CompiledGraph> step,
                                                 const SessionLimits& limits) {
  std::unique_ptr<Session> session(new Session(limits));
  const Graph& g = step->graph();
  static const std::set<std::string> kKnown = {"tokens", "positions", "seq_start", "token_seq", "rows"};
  std::set<uint32_t> of_groups;
  for (const Group& group : g.groups) {
    if (group.kind != WEFT_GROUP_PAGED) {
      return error(Code::kUnimplemented, "state group {} is not paged; slots are not there yet", group.name);
    }
    of_groups.insert({group.table, group.base, group.len, group.slot});
  }
  for (uint32_t v : g.inputs) {
    if (!of_groups.count(v) && !kKnown.count(g.values[v].name)) {
      return error(Code::kUnimplemented, "graph {} wants the input {}, which a session does not give",
                   g.name, g.values[v].name);
    }
  }
  WEFT_TRY(session->graph_, GraphInstance::create(std::move(step)));
  for (std::size_t i = 0; i < session->graph_->graph().groups.size(); ++i) {
    session->pools_.push_back(
        std::make_unique<BlockPool>(static_cast<int32_t>(session->graph_->blocks(i))));
  }
  return session;
}

Result<SequenceId> Session::open() {
  if (static_cast<int64_t>(sequences_.size()) >= limits_.sequences) {
    return error(Code::kResourceExhausted, "{} sequences are open, the most this session has",
                 limits_.sequences);
  }
  Sequence sequence;
  const auto& groups = graph_->graph().groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    sequence.tables.emplace_back(*pools_[i], static_cast<int32_t>(groups[i].block_tokens),
                                 groups[i].window);
  }
  sequences_.emplace(next_id_, std::move(sequence));
  return next_id_++;
}

Result<Session::Sequence*> Session::find(SequenceId id) {
  auto it = sequences_.find(id);
  if (it == sequences_.end()) return error(Code::kNotFound, "no open sequence {}", id);
  return &it->second;
}

Status Session::close(SequenceId id) {
  WEFT_TRY([[maybe_unused]] Sequence * s, find(id));
  sequences_.erase(id);
  return {};
}

Result<SequenceId> Session::fork(SequenceId id) {
  WEFT_TRY(Sequence * from, find(id));
  if (static_cast<int64_t>(sequences_.size()) >= limits_.sequences) {
    return error(Code::kResourceExhausted, "{} sequences are open, the most this session has",
                 limits_.sequences);
  }
  Sequence twin;
  twin.length = from->length;
  for (const PagedTable& table : from->tables) twin.tables.push_back(table.fork());
  sequences_.emplace(next_id_, std::move(twin));
  return next_id_++;
}

Status Session::rollback(SequenceId id, int64_t length) {
  WEFT_TRY(Sequence * s, find(id));
  for (std::size_t i = 0; i < s->tables.size(); ++i) {
    if (Status st = s->tables[i].rollback(length); !st.ok()) return st;
  }
  s->length = length;
  return {};
}

Result<int64_t> Session::length(SequenceId id) const {
  auto it = sequences_.find(id);
  if (it == sequences_.end()) return error(Code::kNotFound, "no open sequence {}", id);
  return it->second.length;
}

Status Session::check(std::span<const StepItem> items) {
  std::set<SequenceId> seen;
  int64_t total = 0;
  for (const StepItem& item : items) {
    WEFT_TRY(Sequence * s, find(item.sequence));
    if (!seen.insert(item.sequence).second) {
      return invalid("sequence {} stands twice in one step", item.sequence);
    }
    if (item.tokens.empty()) return invalid("sequence {} has no tokens in this step", item.sequence);
    const auto n = static_cast<int64_t>(item.tokens.size());
    if (n > limits_.context - s->length) {
      return error(Code::kOutOfRange,
                   "context limit: {} tokens and {} more exceed {}; raise --ctx or shorten the input",
                   s->length, n, limits_.context);
    }
    for (int32_t token : item.tokens) {
      if (token < 0 || token >= limits_.vocab) {
        return error(Code::kOutOfRange, "token id {} is outside the vocabulary of {}", token, limits_.vocab);
      }
    }
    total += n;
  }
  if (total == 0) return invalid("a step without tokens");
  if (total > limits_.step_tokens) {
    return error(Code::kOutOfRange, "a step of {} tokens, at most {}", total, limits_.step_tokens);
  }
  return {};
}

Status Session::reserve(std::span<const StepItem> items) {
  for (const StepItem& item : items) {
    Sequence& s = sequences_.at(item.sequence);
    for (std::size_t g = 0; g < s.tables.size(); ++g) {
      auto copy = [&](int32_t from, int32_t to) { return graph_->copy_block(g, from, to); };
      WEFT_CHECK_OK(s.tables[g].reserve(static_cast<int64_t>(item.tokens.size()), copy));
    }
  }
  return {};
}

Status Session::fill(std::span<const StepItem> items, FreeSizes& sizes) {
  const Graph& g = graph_->graph();
  int32_t *tokens = graph_->input("tokens"), *positions = graph_->input("positions"),
          *seq_start = graph_->input("seq_start"), *token_seq = graph_->input("token_seq"),
          *rows = graph_->input("rows");
  int64_t T = 0, R = 0, Q = 0;
  for (std::size_t s = 0; s < items.size(); ++s) {
    const StepItem& item = items[s];
    const int64_t before = sequences_.at(item.sequence).length;
    const auto n = static_cast<int64_t>(item.tokens.size());
    if (seq_start) seq_start[s] = static_cast<int32_t>(T);
    for (int64_t j = 0; j < n; ++j, ++T) {
      if (tokens) tokens[T] = item.tokens[static_cast<std::size_t>(j)];
      if (positions) positions[T] = static_cast<int32_t>(before + j);
      if (token_seq) token_seq[T] = static_cast<int32_t>(s);
      if (item.all_rows || j + 1 == n) {
        if (rows) rows[R] = static_cast<int32_t>(T);
        ++R;
      }
    }
    Q = std::max(Q, n);
  }
  const auto S = static_cast<int64_t>(items.size());
  if (seq_start) seq_start[S] = static_cast<int32_t>(T);
  sizes = {{"T", T}, {"S", S}, {"R", R}, {"Q", Q}};
  for (std::size_t i = 0; i < g.groups.size(); ++i) {
    const Group& group = g.groups[i];
    int64_t B = 1;
    for (const StepItem& item : items) {
      B = std::max(B, static_cast<int64_t>(sequences_.at(item.sequence).tables[i].blocks().size()));
    }
    int32_t *table = graph_->input(g.values[group.table].name),
            *base = graph_->input(g.values[group.base].name),
            *len = graph_->input(g.values[group.len].name),
            *slot = graph_->input(g.values[group.slot].name);
    int64_t t = 0;
    for (int64_t s = 0; s < S; ++s) {
      const StepItem& item = items[static_cast<std::size_t>(s)];
      const PagedTable& paged = sequences_.at(item.sequence).tables[i];
      const auto n = static_cast<int64_t>(item.tokens.size());
      if (table) {
        std::fill(table + s * B, table + (s + 1) * B, -1);
        std::copy(paged.blocks().begin(), paged.blocks().end(), table + s * B);
      }
      if (base) base[s] = static_cast<int32_t>(paged.base());
      if (len) len[s] = static_cast<int32_t>(paged.length() + n);
      for (int64_t j = 0; j < n; ++j, ++t) {
        if (slot) slot[t] = paged.slot(paged.length() + j);
      }
    }
    sizes["B:" + group.name] = B;
    sizes["slots:" + group.name] = graph_->blocks(i) * group.block_tokens;
  }
  return {};
}

Result<StepLogits> Session::step(std::span<const StepItem> items) {
  WEFT_CHECK_OK(check(items));
  auto undo = [&](Status why) {
    for (const StepItem& item : items) {
      for (PagedTable& table : sequences_.at(item.sequence).tables) {
        (void)table.rollback(table.length());  // gives back what was reserved
      }
    }
    return why;
  };
  FreeSizes sizes;
  if (Status s = reserve(items); !s.ok()) return undo(s);
  if (Status s = fill(items, sizes); !s.ok()) return undo(s);
  if (Status s = graph_->run(sizes); !s.ok()) return undo(s);
  for (const StepItem& item : items) {
    Sequence& s = sequences_.at(item.sequence);
    const auto n = static_cast<int64_t>(item.tokens.size());
    for (PagedTable& table : s.tables) table.advance(n);
    s.length += n;
  }
  return StepLogits{graph_->output("logits"), sizes["R"], limits_.vocab};
}

}  // namespace weft
