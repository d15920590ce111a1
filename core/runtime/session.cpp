#include "core/runtime/session.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/error.hpp"

namespace weft {

namespace {

bool has_group(const Graph& g, const std::string& name) {
  return std::any_of(g.groups.begin(), g.groups.end(), [&](const Group& group) { return group.name == name; });
}

/// The name of the output that steps give; writes its width.
Result<std::string> rows_output(const Graph& g, int64_t& width) {
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    const Value& v = g.values[g.outputs[i]];
    if (v.dtype != WEFT_F32 || v.dims.size() != 2 || v.dims[0] >= 0 || v.dims[1] <= 0) continue;
    const auto first = static_cast<uint32_t>(~v.dims[0]);
    if (first != find_symbol(g, "R") && first != find_symbol(g, "S")) continue;
    width = v.dims[1];
    return g.output_names[i];
  }
  return error(Code::kUnimplemented, "graph {} gives no f32 output [R, width] or [S, width]", g.name);
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<const CompiledGraph> step,
                                                 const SessionLimits& limits,
                                                 std::function<Status()> intact, const SequenceEncoder& encoder) {
  std::unique_ptr<Session> session(new Session(limits, std::move(intact)));
  WEFT_TRY(const std::string output, rows_output(step->graph(), session->width_));
  if (encoder.graph != nullptr) {
    session->encode_tokens_ = encoder.tokens, session->start_token_ = encoder.start_token;
  }
  WEFT_CHECK_OK(session->add_graphs(std::move(step), encoder.graph));
  session->output_ = session->step_.graph->output(output), session->output_name_ = output;
  session->find_candidates();
  for (const SessionStates::Member& m : session->states_->groups()) {
    session->pools_.push_back(std::make_unique<IdPool>(static_cast<int32_t>(m.blocks)));
  }
  return session;
}

Status Session::add_graphs(std::shared_ptr<const CompiledGraph> step, std::shared_ptr<const CompiledGraph> encode) {
  std::vector<std::shared_ptr<const CompiledGraph>> all{step};
  if (encode != nullptr) all.push_back(encode);
  WEFT_TRY(states_, SessionStates::create(all, {limits_.cache, limits_.sequences}));
  for (const Group& group : step->graph().groups) {
    step_.groups.push_back(
        {states_->find(group.name), encode == nullptr || !has_group(encode->graph(), group.name), true});
  }
  if (encode != nullptr) {
    for (const Group& group : encode->graph().groups) {
      encode_.groups.push_back({states_->find(group.name), true, has_group(step->graph(), group.name)});
    }
    WEFT_TRY(encode_.graph, GraphInstance::create(std::move(encode), states_));
    WEFT_CHECK_OK(resolve(encode_));
  }
  WEFT_TRY(step_.graph, GraphInstance::create(std::move(step), states_));
  return resolve(step_);
}

Result<SequenceId> Session::open() {
  if (static_cast<int64_t>(sequences_.size()) >= limits_.sequences) {
    return error(Code::kResourceExhausted, "{} sequences are open, the most this session has",
                 limits_.sequences);
  }
  sequences_.emplace(next_id_, new_sequence());
  return next_id_++;
}

Session::Sequence Session::new_sequence() {
  Sequence sequence;
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const Group& group = states_->groups()[i].group;
    if (group.kind == WEFT_GROUP_SLOT) {
      sequence.tables.emplace_back(SlotTable(*pools_[i]));
    } else {
      sequence.tables.emplace_back(PagedTable(*pools_[i], static_cast<int32_t>(group.block_tokens), group.window));
    }
  }
  return sequence;
}

Result<const Session::Sequence*> Session::find(SequenceId id) const {
  const auto it = sequences_.find(id);
  if (it == sequences_.end()) return error(Code::kNotFound, "no open sequence {}", id);
  return &it->second;
}

Result<Session::Sequence*> Session::find(SequenceId id) {
  WEFT_TRY(const Sequence* found, std::as_const(*this).find(id));
  return const_cast<Sequence*>(found);
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
  twin.tokens = from->tokens, twin.plain = from->plain, twin.encoded = from->encoded;
  for (const auto& table : from->tables) {
    std::visit([&](const auto& t) { twin.tables.emplace_back(t.fork()); }, table);
  }
  sequences_.emplace(next_id_, std::move(twin));
  return next_id_++;
}

Status Session::rollback(SequenceId id, int64_t length) {
  WEFT_TRY(Sequence * s, find(id));
  const auto each = [&](auto f) -> Status {
    for (const Runner::Member& m : step_.groups) {
      if (m.grows) WEFT_CHECK_OK(std::visit(f, s->tables[m.index]));
    }
    return {};
  };
  WEFT_CHECK_OK(each([&](const auto& t) { return t.can_roll_back(length); }));  // either all can, or nothing is changed
  WEFT_CHECK_OK(each([&](auto& t) { return t.roll_back(length), Status(); }));
  s->tokens.resize(static_cast<std::size_t>(length));
  s->plain = std::min(s->plain, s->tokens.size());
  return {};
}

Result<int64_t> Session::keep_common(SequenceId id, std::span<const int32_t> ids) {
  WEFT_TRY(const Sequence* s, find(id));
  if (ids.empty()) return invalid("the prompt has no tokens");
  const std::span<const int32_t> wanted = ids.first(ids.size() - 1), plain = std::span(s->tokens).first(s->plain);
  const int64_t same = std::mismatch(plain.begin(), plain.end(), wanted.begin(), wanted.end()).first - plain.begin();
  // An encoder reads its input only once, and a window may have moved on: then the sequence begins anew.
  if (!has_encoder() && rollback(id, same).ok()) return same;
  sequences_.erase(id);
  sequences_.emplace(id, new_sequence());
  return 0;
}

Result<int64_t> Session::length(SequenceId id) const {
  WEFT_TRY(const Sequence* s, find(id));
  return s->length();
}

Result<std::span<const int32_t>> Session::tokens(SequenceId id) const {
  WEFT_TRY(const Sequence* s, find(id));
  return std::span<const int32_t>(s->tokens);
}

Status Session::check(const Runner& runner, const StepItem& item) {
  WEFT_TRY(Sequence * s, find(item.sequence));
  if (item.tokens.empty()) return invalid("sequence {} has no tokens in this step", item.sequence);
  if (limits_.whole_sequences && s->length() > 0) {
    return error(Code::kFailedPrecondition,
                 "graph {} takes all tokens of a sequence in one step, sequence {} has {} already; open another one",
                 runner.graph->graph().name, item.sequence, s->length());
  }
  const auto n = static_cast<int64_t>(item.tokens.size());
  if (n > limits_.context - s->length()) {
    return error(Code::kOutOfRange,
                 "context limit: sequence {} has {} tokens, {} more exceed {}; raise the context or shorten the input",
                 item.sequence, s->length(), n, limits_.context);
  }
  for (int32_t token : item.tokens) {
    if (token < 0 || token >= limits_.vocab) {
      return error(Code::kOutOfRange, "sequence {}: token id {} is outside the vocabulary of {}", item.sequence, token,
                   limits_.vocab);
    }
  }
  return check_inputs(runner, item);
}

Status Session::check(const Runner& runner, std::span<const StepItem> items, int64_t most) {
  std::set<SequenceId> seen;
  int64_t total = 0, rows = 0;
  for (const StepItem& item : items) {
    failed_ = item.sequence;
    if (!seen.insert(item.sequence).second) return invalid("sequence {} stands twice in one step", item.sequence);
    WEFT_CHECK_OK(check(runner, item));
    total += std::ssize(item.tokens);
    rows += item.all_rows ? std::ssize(item.tokens) : 1;
  }
  failed_ = -1;
  if (total == 0) return invalid("a step without tokens");
  if (total > most) return error(Code::kOutOfRange, "a step of {} tokens, at most {}", total, most);
  if (limits_.rows > 0 && rows > limits_.rows)
    return error(Code::kOutOfRange, "a step with {} rows of logits, at most {}", rows, limits_.rows);
  return {};
}

Result<std::vector<BlockCopy>> Session::reserve(const Runner& runner, std::span<const StepItem> items) {
  std::vector<BlockCopy> copies;
  for (const StepItem& item : items) {
    failed_ = item.sequence;
    Sequence& s = sequences_.at(item.sequence);
    for (const Runner::Member& m : runner.groups) {
      if (!m.grows) continue;
      if (auto* slots = std::get_if<SlotTable>(&s.tables[m.index])) {
        WEFT_CHECK_OK(slots->reserve());
        continue;
      }
      WEFT_TRY(const auto split, std::get<PagedTable>(s.tables[m.index]).reserve(std::ssize(item.tokens)));
      if (split) copies.push_back({m.index, split->from, split->to});
    }
  }
  failed_ = -1;
  return copies;
}

Result<int64_t> Session::run(Runner& runner, std::span<const StepItem> items, const GoOn& go_on) {
  const auto each_table = [&](const StepItem& item, auto f) {
    auto& tables = sequences_.at(item.sequence).tables;
    for (const Runner::Member& m : runner.groups) std::visit([&](auto& t) { f(m, t); }, tables[m.index]);
  };
  const auto undo = [&] {  // gives back what was reserved
    for (const StepItem& item : items)
      each_table(item, [](const Runner::Member&, auto& t) { t.roll_back(t.length()); });
  };
  const auto attempt = [&]() -> Result<int64_t> {
    WEFT_TRY(const auto copies, reserve(runner, items));
    const int64_t rows = fill(runner, items);
    WEFT_CHECK_OK(derive_sizes(runner.graph->graph(), runner.sizes));
    WEFT_CHECK_OK(states_->copy_blocks(copies));
    WEFT_CHECK_OK(runner.graph->run(runner.sizes, go_on));
    WEFT_CHECK_OK(intact_());
    return rows;
  };
  const auto rows = [&] {
    try {
      return attempt();
    } catch (...) {  // out of memory
      undo();
      throw;
    }
  }();
  if (!rows.ok()) {
    undo();
    return rows;
  }
  for (const StepItem& item : items) {
    const auto n = static_cast<int64_t>(item.tokens.size());
    each_table(item, [&](const Runner::Member& m, auto& t) {
      if (m.grows && m.stays) t.advance(n);
      if (!m.stays) t.roll_back(t.length());
    });
  }
  return rows;
}

Status Session::encode(std::span<const StepItem> items, const GoOn& go_on) {
  if (!has_encoder()) return error(Code::kFailedPrecondition, "the model has no encoder that would read the tokens");
  WEFT_CHECK_OK(check(encode_, items, encode_tokens_));
  for (const StepItem& item : items) {
    const Sequence& s = sequences_.at(item.sequence);
    if (s.encoded > 0 || !s.tokens.empty()) {
      failed_ = item.sequence;
      return error(Code::kFailedPrecondition,
                   "the encoder has read its input of sequence {} already; open another one", item.sequence);
    }
  }
  WEFT_CHECK_OK(run(encode_, items, go_on).status());
  for (const StepItem& item : items) sequences_.at(item.sequence).encoded = static_cast<int64_t>(item.tokens.size());
  return {};
}

void Session::find_candidates() {
  const GraphInstance& graph = *step_.graph;
  const auto& names = graph.graph().output_names;
  const auto ids = std::find(names.begin(), names.end(), kCandidateIds);
  if (ids == names.end()) return;
  const uint32_t value = graph.graph().outputs[static_cast<std::size_t>(ids - names.begin())];
  candidates_ = {nullptr, 0, width_, graph.i32_output(kCandidateIds), graph.output(kCandidateLogits),
                 graph.output(kCandidateTotal), graph.graph().values[value].dims[1]};
}

Result<StepRows> Session::step(std::span<const StepItem> items, int64_t few, const GoOn& go_on) {
  WEFT_CHECK_OK(check(step_, items, limits_.step_tokens));
  for (const StepItem& item : items) {
    if (has_encoder() && sequences_.at(item.sequence).encoded == 0) {
      failed_ = item.sequence;
      return error(Code::kFailedPrecondition,
                   "the encoder has read no input of sequence {} yet, which comes before its own tokens",
                   item.sequence);
    }
  }
  for (const StepItem& item : items) {  // makes room, so that nothing fails once the step has run
    std::vector<int32_t>& tokens = sequences_.at(item.sequence).tokens;
    const std::size_t n = tokens.size() + item.tokens.size();
    if (n > tokens.capacity()) tokens.reserve(std::max(n, 2 * tokens.capacity()));
  }
  const bool candidates = few > 0 && few <= candidates_.candidates;
  if (candidates_.candidates > 0) {
    step_.graph->read_output(output_name_, !candidates);
    for (const char* name : {kCandidateIds, kCandidateLogits, kCandidateTotal})
      step_.graph->read_output(name, candidates);
  }
  WEFT_TRY(const int64_t rows, run(step_, items, go_on));
  for (const StepItem& item : items) {
    std::vector<int32_t>& tokens = sequences_.at(item.sequence).tokens;
    std::size_t& plain = sequences_.at(item.sequence).plain;
    if (item.inputs.empty() && plain == tokens.size()) plain += item.tokens.size();
    tokens.insert(tokens.end(), item.tokens.begin(), item.tokens.end());
  }
  StepRows out = candidates ? candidates_ : StepRows{output_, 0, width_};
  out.rows = rows;
  return out;
}

}  // namespace weft
