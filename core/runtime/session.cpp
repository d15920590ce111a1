#include "core/runtime/session.hpp"

#include <algorithm>
#include <set>

#include "core/base/error.hpp"

namespace weft {

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const CompiledGraph> step,
                                                 const SessionLimits& limits,
                                                 std::function<Status()> intact) {
  std::unique_ptr<Session> session(new Session(limits, std::move(intact)));
  const Graph& g = step->graph();
  static const std::set<std::string> kKnown = {"tokens", "positions", "seq_start", "token_seq", "rows"};
  std::set<uint32_t> of_groups;
  for (const Group& group : g.groups) {
    of_groups.insert({group.table, group.base, group.len, group.slot, group.slot_in});
  }
  for (uint32_t v : g.inputs) {
    if (!of_groups.count(v) && !kKnown.count(g.values[v].name)) {
      return error(Code::kUnimplemented, "graph {} wants the input {}, which a session does not give",
                   g.name, g.values[v].name);
    }
  }
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    if (g.output_names[i] != "logits" && g.output_names[i] != "hidden") continue;
    const Dims& dims = g.values[g.outputs[i]].dims;
    if (dims.size() != 2 || dims[1] <= 0) return invalid("graph {}: {} is not [rows, width]", g.name, g.output_names[i]);
    session->output_ = g.output_names[i], session->width_ = dims[1];
  }
  if (session->output_.empty()) return error(Code::kUnimplemented, "graph {} gives neither logits nor hidden", g.name);
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
    if (groups[i].kind == WEFT_GROUP_SLOT) {
      sequence.tables.emplace_back(SlotTable(*pools_[i]));
    } else {
      sequence.tables.emplace_back(PagedTable(*pools_[i], static_cast<int32_t>(groups[i].block_tokens), groups[i].window));
    }
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
  for (const auto& table : from->tables) {
    std::visit([&](const auto& t) { twin.tables.emplace_back(t.fork()); }, table);
  }
  sequences_.emplace(next_id_, std::move(twin));
  return next_id_++;
}

Status Session::rollback(SequenceId id, int64_t length) {
  WEFT_TRY(Sequence * s, find(id));
  for (const auto& table : s->tables) {  // all can, or none does
    WEFT_CHECK_OK(std::visit([&](const auto& t) { return t.can_roll_back(length); }, table));
  }
  for (auto& table : s->tables) std::visit([&](auto& t) { t.roll_back(length); }, table);
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
      if (auto* slots = std::get_if<SlotTable>(&s.tables[g])) {
        WEFT_CHECK_OK(slots->reserve());
        continue;
      }
      auto copy = [&](int32_t from, int32_t to) { return graph_->copy_block(g, from, to); };
      WEFT_CHECK_OK(std::get<PagedTable>(s.tables[g]).reserve(static_cast<int64_t>(item.tokens.size()), copy));
    }
  }
  return {};
}

FreeSizes Session::fill(std::span<const StepItem> items) {
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
  FreeSizes sizes{{"T", T}, {"S", S}, {"R", R}, {"Q", Q}};
  for (std::size_t i = 0; i < g.groups.size(); ++i) {
    g.groups[i].kind == WEFT_GROUP_SLOT ? fill_slots(i, items, sizes) : fill_paged(i, items, sizes);
  }
  return sizes;
}

void Session::fill_paged(std::size_t i, std::span<const StepItem> items, FreeSizes& sizes) {
  const Graph& g = graph_->graph();
  const Group& group = g.groups[i];
  auto table_of = [&](const StepItem& item) -> const PagedTable& { return std::get<PagedTable>(sequences_.at(item.sequence).tables[i]); };
  int64_t B = 1;
  for (const StepItem& item : items) B = std::max(B, static_cast<int64_t>(table_of(item).blocks().size()));
  int32_t *table = graph_->input(g.values[group.table].name), *base = graph_->input(g.values[group.base].name),
          *len = graph_->input(g.values[group.len].name), *slot = graph_->input(g.values[group.slot].name);
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {
    const PagedTable& paged = table_of(item);
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
    ++s;
  }
  sizes["B:" + group.name] = B;
  sizes["slots:" + group.name] = graph_->blocks(i) * group.block_tokens;
}

void Session::fill_slots(std::size_t i, std::span<const StepItem> items, FreeSizes& sizes) {
  const Graph& g = graph_->graph();
  const Group& group = g.groups[i];
  int32_t *slot_in = graph_->input(g.values[group.slot_in].name), *slot = graph_->input(g.values[group.slot].name);
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {  // the state after a sequence's last token is kept
    const auto& table = std::get<SlotTable>(sequences_.at(item.sequence).tables[i]);
    if (slot_in) slot_in[s] = table.read_row();
    for (std::size_t j = 0; j < item.tokens.size(); ++j, ++t) {
      if (slot) slot[t] = j + 1 == item.tokens.size() ? table.write_row() : -1;
    }
    ++s;
  }
  sizes["kept:" + group.name] = graph_->blocks(i);
}

Result<StepLogits> Session::step(std::span<const StepItem> items) {
  WEFT_CHECK_OK(check(items));
  auto undo = [&](Status why) {
    for (const StepItem& item : items) {
      for (auto& table : sequences_.at(item.sequence).tables) {
        std::visit([](auto& t) { t.roll_back(t.length()); }, table);  // gives back what was reserved
      }
    }
    return why;
  };
  if (Status s = reserve(items); !s.ok()) return undo(s);
  FreeSizes sizes = fill(items);
  if (Status s = graph_->run(sizes); !s.ok()) return undo(s);
  if (Status s = intact_(); !s.ok()) return undo(s);
  for (const StepItem& item : items) {
    Sequence& s = sequences_.at(item.sequence);
    const auto n = static_cast<int64_t>(item.tokens.size());
    for (auto& table : s.tables) std::visit([&](auto& t) { t.advance(n); }, table);
    s.length += n;
  }
  return StepLogits{graph_->output(output_), sizes["R"], width_};
}

}  // namespace weft
