// Fills the inputs of a run: the tokens on one axis, and where each group keeps what sequences have.
#include <algorithm>
#include <cstring>
#include <set>

#include "core/base/error.hpp"
#include "core/runtime/session.hpp"
#include "weft/sdk/value_dtype.hpp"

namespace weft {
namespace {

bool fills(const Graph& g, uint32_t input) {
  static const std::set<std::string> kKnown = {"tokens", "positions", "seq_start", "token_seq", "rows"};
  return kKnown.count(g.values[input].name) > 0 ||
         std::any_of(g.groups.begin(), g.groups.end(), [&](const Group& group) {
           const auto tables = {group.table, group.base, group.len, group.slot, group.slot_in};
           return std::find(tables.begin(), tables.end(), input) != tables.end();
         });
}

/// The parameter whose rows the values of `input` choose; null: none.
const Value* table_of(const Graph& g, uint32_t input) {
  for (const Node& n : g.nodes) {
    if (n.op != "gather" || n.in.size() < 2 || n.in[1] != input || integer_attr(n, "axis", 0) != 0) continue;
    if (g.values[n.in[0]].kind == WEFT_PARAM) return &g.values[n.in[0]];
  }
  return nullptr;
}

}  // namespace

Status Session::find_further(Runner& runner) {
  const Graph& g = runner.graph->graph();
  const uint32_t T = find_symbol(g, "T");
  for (const uint32_t v : g.inputs) {
    const Value& value = g.values[v];
    if (value.name == "positions" && value.dims.size() == 2) runner.axes = value.dims[1];
    if (fills(g, v) && value.name != "positions") continue;
    int64_t values = 1;
    bool fits = !value.dims.empty() && value.dims[0] == ~static_cast<int64_t>(T) && T != WEFT_NONE;
    for (std::size_t i = 1; fits && i < value.dims.size(); ++i)
      fits = value.dims[i] > 0 && !__builtin_mul_overflow(values, value.dims[i], &values);
    if (!fits) {
      return error(Code::kUnimplemented, "graph {} wants the input {}, which has no entry for each token and which a "
                                         "session does not know", g.name, value.name);
    }
    Runner::Further further{value.name, static_cast<std::byte*>(runner.graph->memory_of(value.name, value.dtype)),
                            static_cast<uint64_t>(values) * sdk::element_bytes(value.dtype), 0, ""};
    if (const Value* table = value.dtype == WEFT_I32 ? table_of(g, v) : nullptr)
      further.entries = table->dims[0], further.table = table->name;
    runner.further.push_back(std::move(further));
  }
  return {};
}

Status Session::check_inputs(const Runner& runner, const StepItem& item) {
  std::set<std::string_view> seen;
  for (const TokenInput& given : item.inputs) {
    const auto known = std::find_if(runner.further.begin(), runner.further.end(),
                                    [&](const Runner::Further& f) { return f.name == given.name; });
    if (known == runner.further.end()) {
      std::vector<std::string> names;
      for (const Runner::Further& f : runner.further) names.push_back(f.name);
      if (names.empty()) names.push_back("none");
      return invalid("sequence {}: graph {} has no input \"{}\" for each token, only {}", item.sequence,
                     runner.graph->graph().name, given.name, fmt::join(names, ", "));
    }
    if (!seen.insert(given.name).second)
      return invalid("sequence {}: the input {} stands twice", item.sequence, given.name);
    if (given.data.size() != item.tokens.size() * known->bytes) {
      return invalid("sequence {}: the input {} has {} bytes, expected {} for each of {} tokens", item.sequence,
                     given.name, given.data.size(), known->bytes, item.tokens.size());
    }
    for (std::size_t at = 0; known->entries > 0 && at < given.data.size(); at += sizeof(int32_t)) {
      int32_t row;
      std::memcpy(&row, given.data.data() + at, sizeof row);
      if (row >= 0 && row < known->entries) continue;
      return error(Code::kOutOfRange, "sequence {}: the input {} has {}, expected 0 to {}, a row of {}", item.sequence,
                   given.name, row, known->entries - 1, known->table);
    }
  }
  return {};
}

void Session::fill_further(Runner& runner, std::span<const StepItem> items) {
  for (const Runner::Further& further : runner.further) {
    if (further.data == nullptr) continue;
    std::byte* to = further.data;
    for (const StepItem& item : items) {
      const uint64_t bytes = item.tokens.size() * further.bytes;
      const auto given = std::find_if(item.inputs.begin(), item.inputs.end(),
                                      [&](const TokenInput& input) { return input.name == further.name; });
      if (given != item.inputs.end()) {
        std::memcpy(to, given->data.data(), bytes);
      } else if (further.name != "positions") {
        std::memset(to, 0, bytes);
      }
      to += bytes;
    }
  }
}

Status Session::resolve(Runner& runner) {
  const GraphInstance& graph = *runner.graph;
  const Graph& g = graph.graph();
  runner.tokens = graph.input("tokens"), runner.positions = graph.input("positions");
  runner.seq_start = graph.input("seq_start"), runner.token_seq = graph.input("token_seq");
  runner.rows = graph.input("rows");
  WEFT_CHECK_OK(find_further(runner));
  runner.symbols = {find_symbol(g, "T"), find_symbol(g, "S"), find_symbol(g, "R"), find_symbol(g, "Q")};
  std::vector<uint32_t> given = {runner.symbols.T, runner.symbols.S, runner.symbols.R, runner.symbols.Q};
  const auto input = [&](uint32_t v) { return v == WEFT_NONE ? nullptr : graph.input(g.values[v].name); };
  for (std::size_t i = 0; i < runner.groups.size(); ++i) {
    const Group& group = g.groups[i];
    Runner::Member& m = runner.groups[i];
    m.table = input(group.table), m.base = input(group.base), m.len = input(group.len);
    m.slot = input(group.slot), m.slot_in = input(group.slot_in);
    given.insert(given.end(), {group.sym_blocks, group.sym_slots});
  }
  for (uint32_t i = 0; i < g.symbols.size(); ++i) {
    if (g.symbols[i].op == WEFT_SYM_FREE && std::find(given.begin(), given.end(), i) == given.end()) {
      return error(Code::kUnimplemented, "graph {} has the size {}, which a session does not know", g.name,
                   g.symbols[i].name);
    }
  }
  runner.sizes.assign(g.symbols.size(), 0);
  return {};
}

int64_t Session::fill(Runner& runner, std::span<const StepItem> items) {
  int64_t T = 0, R = 0, Q = 0;
  for (std::size_t s = 0; s < items.size(); ++s) {
    const StepItem& item = items[s];
    const int64_t before = sequences_.at(item.sequence).length();
    const auto n = static_cast<int64_t>(item.tokens.size());
    if (runner.seq_start) runner.seq_start[s] = static_cast<int32_t>(T);
    for (int64_t j = 0; j < n; ++j, ++T) {
      if (runner.tokens) runner.tokens[T] = item.tokens[static_cast<std::size_t>(j)];
      if (runner.positions)
        std::fill_n(runner.positions + T * runner.axes, runner.axes, static_cast<int32_t>(before + j));
      if (runner.token_seq) runner.token_seq[T] = static_cast<int32_t>(s);
      if (item.all_rows || j + 1 == n) {
        if (runner.rows) runner.rows[R] = static_cast<int32_t>(T);
        ++R;
      }
    }
    Q = std::max(Q, n);
  }
  fill_further(runner, items);
  const auto S = static_cast<int64_t>(items.size());
  if (runner.seq_start) runner.seq_start[S] = static_cast<int32_t>(T);
  const auto set = [&](uint32_t symbol, int64_t size) {
    if (symbol != WEFT_NONE) runner.sizes[symbol] = size;
  };
  set(runner.symbols.T, T), set(runner.symbols.S, S), set(runner.symbols.R, R), set(runner.symbols.Q, Q);
  for (std::size_t i = 0; i < runner.groups.size(); ++i) {
    const bool slots = runner.graph->graph().groups[i].kind == WEFT_GROUP_SLOT;
    slots ? fill_slots(runner, i, items) : fill_paged(runner, i, items);
  }
  return R;
}

void Session::fill_paged(Runner& runner, std::size_t i, std::span<const StepItem> items) {
  const Group& group = runner.graph->graph().groups[i];
  const Runner::Member& m = runner.groups[i];
  auto table_of = [this, at = m.index](const StepItem& item) -> const PagedTable& {
    return std::get<PagedTable>(sequences_.at(item.sequence).tables[at]);
  };
  int64_t B = 1;
  for (const StepItem& item : items) B = std::max(B, static_cast<int64_t>(table_of(item).blocks().size()));
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {
    const PagedTable& paged = table_of(item);
    const auto n = static_cast<int64_t>(item.tokens.size());
    if (m.table) {
      std::fill(m.table + s * B, m.table + (s + 1) * B, -1);
      std::copy(paged.blocks().begin(), paged.blocks().end(), m.table + s * B);
    }
    if (m.base) m.base[s] = static_cast<int32_t>(paged.base());
    if (m.len) m.len[s] = static_cast<int32_t>(paged.length() + (m.grows ? n : 0));
    for (int64_t j = 0; j < n; ++j, ++t) {
      if (m.slot) m.slot[t] = m.grows ? paged.slot(paged.length() + j) : -1;
    }
    ++s;
  }
  runner.sizes[group.sym_blocks] = B;
  runner.sizes[group.sym_slots] = states_->groups()[m.index].blocks * group.block_tokens;
}

void Session::fill_slots(Runner& runner, std::size_t i, std::span<const StepItem> items) {
  const Runner::Member& m = runner.groups[i];
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {  // the state after a sequence's last token is kept
    const auto& table = std::get<SlotTable>(sequences_.at(item.sequence).tables[m.index]);
    if (m.slot_in) m.slot_in[s] = table.read_row();
    for (std::size_t j = 0; j < item.tokens.size(); ++j, ++t) {
      if (m.slot) m.slot[t] = m.grows && j + 1 == item.tokens.size() ? table.write_row() : -1;
    }
    ++s;
  }
  runner.sizes[runner.graph->graph().groups[i].sym_slots] = states_->groups()[m.index].blocks;
}

}  // namespace weft
