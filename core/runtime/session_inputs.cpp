// The inputs of a run: tokens on one axis, and where each group has what the sequences keep.
#include <algorithm>

#include "core/runtime/session.hpp"

namespace weft {

FreeSizes Session::fill(const Runner& runner, std::span<const StepItem> items) {
  const GraphInstance& graph = *runner.graph;
  int32_t *tokens = graph.input("tokens"), *positions = graph.input("positions"),
          *seq_start = graph.input("seq_start"), *token_seq = graph.input("token_seq"),
          *rows = graph.input("rows");
  int64_t T = 0, R = 0, Q = 0;
  for (std::size_t s = 0; s < items.size(); ++s) {
    const StepItem& item = items[s];
    const int64_t before = sequences_.at(item.sequence).length();
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
  for (std::size_t i = 0; i < runner.groups.size(); ++i) {
    graph.graph().groups[i].kind == WEFT_GROUP_SLOT ? fill_slots(runner, i, items, sizes) : fill_paged(runner, i, items, sizes);
  }
  return sizes;
}

void Session::fill_paged(const Runner& runner, std::size_t i, std::span<const StepItem> items, FreeSizes& sizes) {
  const GraphInstance& graph = *runner.graph;
  const Graph& g = graph.graph();
  const Group& group = g.groups[i];
  const auto [index, grows, stays] = runner.groups[i];
  auto table_of = [this, at = index](const StepItem& item) -> const PagedTable& {
    return std::get<PagedTable>(sequences_.at(item.sequence).tables[at]);
  };
  int64_t B = 1;
  for (const StepItem& item : items) B = std::max(B, static_cast<int64_t>(table_of(item).blocks().size()));
  int32_t *table = graph.input(g.values[group.table].name), *base = graph.input(g.values[group.base].name),
          *len = graph.input(g.values[group.len].name), *slot = graph.input(g.values[group.slot].name);
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {
    const PagedTable& paged = table_of(item);
    const auto n = static_cast<int64_t>(item.tokens.size());
    if (table) {
      std::fill(table + s * B, table + (s + 1) * B, -1);
      std::copy(paged.blocks().begin(), paged.blocks().end(), table + s * B);
    }
    if (base) base[s] = static_cast<int32_t>(paged.base());
    if (len) len[s] = static_cast<int32_t>(paged.length() + (grows ? n : 0));
    for (int64_t j = 0; j < n; ++j, ++t) {
      if (slot) slot[t] = grows ? paged.slot(paged.length() + j) : -1;
    }
    ++s;
  }
  sizes["B:" + group.name] = B;
  sizes["slots:" + group.name] = states_->groups()[index].blocks * group.block_tokens;
}

void Session::fill_slots(const Runner& runner, std::size_t i, std::span<const StepItem> items, FreeSizes& sizes) {
  const GraphInstance& graph = *runner.graph;
  const Graph& g = graph.graph();
  const Group& group = g.groups[i];
  const auto [index, grows, stays] = runner.groups[i];
  int32_t *slot_in = graph.input(g.values[group.slot_in].name), *slot = graph.input(g.values[group.slot].name);
  int64_t t = 0, s = 0;
  for (const StepItem& item : items) {  // the state after a sequence's last token is kept
    const auto& table = std::get<SlotTable>(sequences_.at(item.sequence).tables[index]);
    if (slot_in) slot_in[s] = table.read_row();
    for (std::size_t j = 0; j < item.tokens.size(); ++j, ++t) {
      if (slot) slot[t] = grows && j + 1 == item.tokens.size() ? table.write_row() : -1;
    }
    ++s;
  }
  sizes["kept:" + group.name] = states_->groups()[index].blocks;
}

}  // namespace weft
