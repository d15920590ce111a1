// Attention in tiles (Dao et al. 2022), over keys and values that are paged or those of the step alone. The work is
// split over tokens, heads and, where a sequence has few tokens, over ranges of keys, whose partial results are added
// up in order. How tokens and keys are split, and so the result, depends on the sequence's own sizes alone.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "plugins/backends/cpu/kernels.hpp"
#include "plugins/backends/cpu/pages.hpp"
#include "weft/sdk/host_array.hpp"

namespace weft::cpu {
namespace {

// A query is a row: a token and a head. A sequence has few queries (up to kFewQueries a kv head) or many.
constexpr int64_t kRows = 192;        // of many queries, about so many are a task; larger: fewer tasks, more memory
constexpr int64_t kFewKeys = 512;     // keys in a range of few queries; larger: fewer tasks, less to add up
constexpr int64_t kManyKeys = 1024;   // the least keys in a range of many queries; larger: fewer tasks
constexpr int64_t kSplitRows = 6144;  // with more queries a sequence makes tasks enough, and keys are not split
constexpr int64_t kSplits = 16;       // the most ranges of many queries; larger: more partial results
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Tokens [first, first + count) of the step, which are of one sequence. Their keys are split into ranges of `keys`
/// positions; a task does one range for some heads.
struct Unit {
  int64_t sequence, first, count;
  int64_t index;      // the position of the first token in its sequence
  int64_t low, high;  // all that some token sees is in [low, high)
  int64_t keys;       // range r is [r * keys, (r + 1) * keys)
  bool few;
  int64_t partial = -1;  // where in the partial results those of its first range begin; -1: it has one range only

  int64_t first_range() const { return low / keys; }
  int64_t ranges() const { return low < high ? (high - 1) / keys - first_range() + 1 : 1; }
};

struct Task {
  const Unit* unit;
  int64_t range, head, heads;  // counted from the unit's first range; kv heads [head, head + heads)
  int64_t low, high;           // the positions [low, high) of the range
  int64_t cost() const { return unit->count * heads * (high - low); }
};

/// Where the inputs stand that all composites have.
struct Inputs {
  std::size_t seq_start, token_seq, sinks, slopes, relative;
};
constexpr Inputs kPaged{6, 7, 8, 9, 10}, kRagged{3, 4, 5, 6, 7};

/// x [T, H, D] as a state of T entries in one block.
sdk::StateView as_state(const View& x) {
  sdk::StateView s;
  const int64_t T = x.dims[0];
  s.data = x.u8();
  s.entry_elems = x.dims[1] * x.dims[2], s.row_elems = x.dims[2];
  s.entry_bytes = static_cast<uint64_t>(s.entry_elems) * sizeof(float);
  s.block_tokens = std::max<int64_t>(T, 1), s.slots = T;
  s.block_stride = static_cast<uint64_t>(T) * s.entry_bytes;
  s.dtype = sdk::host().dtype_info(sdk::host().ctx, WEFT_F32);
  return s;
}

class Attention {
 public:
  Attention(const Call& c, const Isa& i)
      : call(c),
        isa(i),
        ragged(c.op == "ragged_attention"),
        inputs(ragged ? kRagged : kPaged),
        q(c.in[0]),
        start(c.in[inputs.seq_start].i32()),
        S(c.in[inputs.seq_start].size() - 1),
        own_len_(ragged ? static_cast<std::size_t>(S) : 0),
        own_base_(own_len_.size(), 0),
        base(ragged ? own_base_.data() : c.in[4].i32()),
        len(ragged ? own_len_.data() : c.in[5].i32()),
        sinks(optional(inputs.sinks)),
        slopes(optional(inputs.slopes)),
        relative(optional(inputs.relative)),
        most(relative != nullptr ? c.in[inputs.relative].dims[1] / 2 : 0),
        scale(static_cast<float>(c.number("scale", 1))),
        softcap(static_cast<float>(c.number("softcap", 0))),
        causal(c.integer("causal", 1) != 0),
        window(c.integer("window", 0)),
        block(c.integer("block_tokens", 1)),
        Hq(q.dims[1]),
        D(q.dims[2]),
        Dv(c.out[0].dims[2]),
        Hkv(c.in[1].dims[1]),
        group(Hq / Hkv),
        own_keys_(ragged ? as_state(c.in[1]) : sdk::StateView()),
        own_values_(ragged ? as_state(c.in[2]) : sdk::StateView()),
        keys(i, ragged ? own_keys_ : *c.states[1], Hkv),
        values(i, ragged ? own_values_ : *c.states[2], Hkv) {}

  void run();

 private:
  class Worker;

  const float* optional(std::size_t i) const { return call.has(i) ? call.in[i].f32() : nullptr; }
  static int64_t worker_count() { return std::max<int64_t>(1, sdk::host().worker_count(sdk::host().ctx)); }

  /// Refuses sequences that do not partition the tokens as token_seq says, or that end beyond their tables.
  void check_sequences() const {
    const int64_t T = q.dims[0];
    const int32_t* seq = call.in[inputs.token_seq].i32();
    for (int64_t s = 0; s < S; ++s) {
      if (start[s] < 0 || start[s + 1] < start[s] || start[s + 1] > T)
        sdk::fail(WEFT_OUT_OF_RANGE, "attention: seq_start of sequence " + std::to_string(s));
      for (int64_t t = start[s]; t < start[s + 1]; ++t) {
        if (seq[t] != s)
          sdk::fail(WEFT_OUT_OF_RANGE,
                    "attention: token " + std::to_string(t) + " is of sequence " + std::to_string(seq[t]));
      }
      if (ragged) continue;
      const int64_t last = int64_t{len[s]} - 1, B = call.in[3].dims[1];
      if (start[s + 1] > start[s] && last >= base[s] && (last - base[s]) / block >= B) {
        sdk::fail(WEFT_OUT_OF_RANGE, "attention: position " + std::to_string(last) + " is beyond the table");
      }
    }
    if (S == 0 || start[0] != 0 || start[S] != T)
      sdk::fail(WEFT_OUT_OF_RANGE, "attention: the sequences do not hold all tokens");
  }

  /// Where the entry of position p of sequence s is. `n`, the positions from p on that are wanted, becomes how many of
  /// them stand there one after the other.
  int64_t slot(int64_t s, int64_t p, int64_t& n) const {
    if (ragged) return start[s] + p;
    const View& table = call.in[3];
    const int64_t at = p % block;
    n = std::min(n, block - at);
    return int64_t{table.i32()[s * table.dims[1] + (p - base[s]) / block]} * block + at;
  }

  /// The token at position i of sequence s sees positions [first_seen, end_seen).
  int64_t first_seen(int64_t s, int64_t i) const { return std::max<int64_t>(base[s], window > 0 ? i - window + 1 : 0); }
  int64_t end_seen(int64_t s, int64_t i) const {
    return causal ? i + 1 : std::min<int64_t>(len[s], window > 0 ? i + window : len[s]);
  }
  bool sees(const Unit& u, int64_t token) const {
    return first_seen(u.sequence, u.index + token) < end_seen(u.sequence, u.index + token);
  }

  void plan() {
    int64_t few_ranges = 0;
    for (int64_t s = 0; s < S; ++s) {
      const int64_t tokens = start[s + 1] - start[s];
      const bool few = tokens * group <= kFewQueries;
      const int64_t step = few ? tokens : std::max<int64_t>(1, kRows / group);
      for (int64_t t = 0; t < tokens; t += step) {
        Unit u{s, start[s] + t, std::min(step, tokens - t), len[s] - tokens + t, 0, 0, kFewKeys, few};
        u.low = first_seen(s, u.index);
        u.high = end_seen(s, u.index + u.count - 1);
        if (!few) {
          const int64_t range = std::max<int64_t>(kManyKeys, (u.high / kSplits + kKeys) / kKeys * kKeys);
          u.keys = tokens * Hq <= kSplitRows ? range : std::max<int64_t>(u.high, 1);
        }
        if (u.ranges() > 1) {
          u.partial = partial_size_;
          partial_size_ += u.ranges() * u.count * Hq * (Dv + 2);
        }
        if (few) few_ranges += u.ranges();
        units_.push_back(u);
      }
    }
    // A task of few queries does all kv heads, whose entries lie side by side, unless that makes too few tasks.
    const int64_t want = 8 * worker_count();
    const int64_t parts = few_ranges == 0 ? 1 : std::clamp<int64_t>((want + few_ranges - 1) / few_ranges, 1, Hkv);
    for (const Unit& u : units_) {
      const int64_t heads = u.few ? (Hkv + parts - 1) / parts : 1;
      for (int64_t r = 0; r < u.ranges(); ++r) {
        const int64_t low = std::max(u.low, (u.first_range() + r) * u.keys),
                      high = std::max(low, std::min(u.high, (u.first_range() + r + 1) * u.keys));
        for (int64_t h = 0; h < Hkv; h += heads) tasks_.push_back({&u, r, h, std::min(heads, Hkv - h), low, high});
      }
    }
    std::stable_sort(tasks_.begin(), tasks_.end(), [](const Task& a, const Task& b) { return a.cost() > b.cost(); });
  }

  float* out_of(int64_t token, int64_t head) const { return call.out[0].f32() + (token * Hq + head) * Dv; }

  /// What a sum of values is multiplied by in the end.
  float factor_of(int64_t head, float top, float total) const {
    if (sinks == nullptr) return 1 / total;
    const float best = std::max(top, sinks[head]);  // a sink takes its share of the softmax and adds no value
    const float factor = std::exp(top - best);
    return factor / (total * factor + std::exp(sinks[head] - best));
  }

  /// Writes the output of a token and head from its softmax; the values of `acc` stand `stride` floats apart.
  void finish(int64_t token, int64_t head, bool sees, float top, float total, const float* acc, int64_t stride) const {
    float* out = out_of(token, head);
    const float factor = factor_of(head, top, total);
    if (!sees) {
      std::fill(out, out + Dv, 0.0f);
    } else if (stride == 1) {
      for (int64_t d = 0; d < Dv; ++d) out[d] = acc[d] * factor;
    } else {
      for (int64_t d = 0; d < Dv; ++d) out[d] = acc[d * stride] * factor;
    }
  }

  /// Adds up the partial results [range][token][head] of a unit; each has a row's top, total and acc [Dv].
  void merge(const Unit& u, const float* partial) const {
    const int64_t size = Dv + 2, rows = u.count * Hq;
    call.parallel(rows, std::max<int64_t>(1, 8192 / (u.ranges() * size)), [&](int64_t begin, int64_t end) {
      std::vector<float> acc(static_cast<std::size_t>(Dv));
      for (int64_t i = begin; i < end; ++i) {
        float top = -kInf, total = 0;
        for (int64_t r = 0; r < u.ranges(); ++r) top = std::max(top, partial[(r * rows + i) * size]);
        std::fill(acc.begin(), acc.end(), 0.0f);
        for (int64_t r = 0; r < u.ranges(); ++r) {
          const float* one = partial + (r * rows + i) * size;
          const float factor = top == -kInf ? 1 : std::exp(one[0] - top);
          total += one[1] * factor;
          for (int64_t d = 0; d < Dv; ++d) acc[static_cast<std::size_t>(d)] += one[2 + d] * factor;
        }
        finish(u.first + i / Hq, i % Hq, sees(u, i / Hq), top, total, acc.data(), 1);
      }
    });
  }

  const Call& call;
  const Isa& isa;
  bool ragged;  // keys and values are the step's own
  Inputs inputs;
  const View& q;
  const int32_t* start;
  int64_t S;
  std::vector<int32_t> own_len_, own_base_;  // of ragged sequences
  const int32_t *base, *len;
  const float *sinks, *slopes, *relative;
  int64_t most;  // the largest distance with a bias of its own
  float scale, softcap;
  bool causal;
  int64_t window, block, Hq, D, Dv, Hkv, group;
  sdk::StateView own_keys_, own_values_;  // where ragged
  Pages keys, values;
  std::vector<Unit> units_;
  std::vector<Task> tasks_;
  int64_t partial_size_ = 0;  // the floats of all partial results
};

/// Runs tasks one after the other, in its own memory. [one thread]
class Attention::Worker {
 public:
  Worker(const Attention& attention, float* partials)
      : a(attention), partials_(partials), panel_(kPanelVectors * a.isa.lanes) {
    int64_t rows = 0;  // the most that the heads of a task have
    for (const Task& t : a.tasks_) rows = std::max(rows, t.heads * padded_rows(*t.unit));
    const int64_t d = a.keys.padded(), dv = a.values.padded();
    const int64_t sizes[] = {
        rows * d, rows * dv, rows, rows, kKeys * d, kKeys * dv, kKeys * std::max(panel_, kFewQueries),
        rows,     rows,      rows, rows};
    float** parts[] = {&query_, &acc_, &top_, &total_, &key_, &value_, &score_, &first_, &last_, &slope_, &index_};
    int64_t all = 0;
    for (int64_t n : sizes) all += (n + 15) / 16 * 16;
    memory_ = sdk::HostArray<float>(static_cast<uint64_t>(all));
    float* at = memory_.data();
    for (std::size_t i = 0; i < std::size(sizes); at += (sizes[i] + 15) / 16 * 16, ++i) *parts[i] = at;
    std::fill(std::begin(key_tile_), std::end(key_tile_), reinterpret_cast<const uint8_t*>(key_));
    std::fill(std::begin(value_tile_), std::end(value_tile_), reinterpret_cast<const uint8_t*>(value_));
  }

  /// Runs tasks of the list, of which `next` is the first that no worker has taken, until none is left.
  void run(std::atomic<std::size_t>& next) {
    const auto take = [&] {
      const std::size_t i = next.fetch_add(1);
      return i < a.tasks_.size() ? &a.tasks_[i] : nullptr;
    };
    Spot *now = &spots_[0], *ahead = &spots_[1];
    start(*now, take());
    for (; now->task != nullptr; std::swap(now, ahead)) {
      const Task& task = *now->task;
      if (now->p == task.low) begin(task);
      const bool last = now->p + now->n == task.high;
      last ? start(*ahead, take()) : find(*ahead, &task, now->p + now->n);
      if (now->n > 0) attend(*now, *ahead);
      if (last) end(task);
    }
  }

 private:
  /// A tile of a task: positions [p, p + n), and where their keys and values lie.
  struct Spot {
    const Task* task;
    int64_t p, n;
    const uint8_t *keys[kKeys], *values[kKeys];
  };
  void start(Spot& spot, const Task* task) {
    task != nullptr ? find(spot, task, task->low) : void(spot.task = nullptr);
  }
  void find(Spot& spot, const Task* task, int64_t p) {
    spot.task = task, spot.p = p, spot.n = std::min(kKeys, task->high - p);
    const int64_t s = task->unit->sequence;
    for (int64_t j = 0; j < spot.n;) {
      int64_t count = spot.n - j;
      const int64_t slot = a.slot(s, p + j, count);
      a.keys.find(slot, count, spot.keys + j);
      a.values.find(slot, count, spot.values + j);
      j += count;
    }
    if (spot.n > 0)
      std::fill(spot.keys + spot.n, spot.keys + kKeys, spot.keys[spot.n - 1]),
          std::fill(spot.values + spot.n, spot.values + kKeys, spot.values[spot.n - 1]);
  }

  void attend(const Spot& spot, const Spot& ahead) {
    const Task& task = *spot.task;
    const Unit& u = *task.unit;
    KeyTile tile{{}, {}, {}, {}, spot.n, spot.p, nullptr, nullptr};
    if (hides(u, spot.p, spot.n)) tile.first = first_, tile.last = last_;
    for (int64_t h = 0; h < task.heads; ++h) {
      const auto load = u.few ? &Pages::as_stored : &Pages::as_floats;
      tile.keys = (a.keys.*load)(spot.keys, task.head + h, spot.n, key_, key_tile_);
      tile.values = (a.values.*load)(spot.values, task.head + h, spot.n, value_, value_tile_);
      const bool more = h + 1 < task.heads || ahead.task == nullptr;
      const Spot& next = more ? spot : ahead;
      const int64_t head = h + 1 < task.heads ? task.head + h + 1 : next.task->head;
      tile.next_keys = a.keys.next(next.keys, head, tile.keys),
      tile.next_values = a.values.next(next.values, head, tile.values);
      (u.few ? a.isa.attend_few : a.isa.attend_many)(queries(u, task.head, h), tile);
    }
  }

  /// The rows of a kv head: its queries, and where these are many, padding to whole vectors.
  int64_t padded_rows(const Unit& u) const {
    const int64_t m = u.count * a.group, lanes = a.isa.lanes;
    return u.few ? m : (m + lanes - 1) / lanes * lanes;
  }
  int64_t key_width(const Unit& u) const { return u.few ? a.keys.padded() : a.D; }
  int64_t value_width(const Unit& u) const { return u.few ? a.values.padded() : a.Dv; }

  /// What a kernel gets for kv head `first + h`, whose rows are the h-th of the task.
  Queries queries(const Unit& u, int64_t first, int64_t h) const {
    const int64_t m = padded_rows(u), row = h * m;
    return {query_ + row * key_width(u),
            m,
            a.group,
            key_width(u),
            value_width(u),
            a.softcap,
            top_ + row,
            total_ + row,
            acc_ + row * value_width(u),
            score_,
            a.slopes == nullptr ? nullptr : slope_ + row,
            index_ + row,
            a.relative == nullptr ? nullptr : a.relative + (first + h) * a.group * (2 * a.most + 1),
            a.most};
  }

  /// Many queries are side by side in panels: value d of row i stands at first * (values of a row) + d * width + row.
  struct Place {
    int64_t first, width, row;
  };
  Place place(const Unit& u, int64_t i) const {
    const int64_t first = i / panel_ * panel_;
    return {first, std::min(panel_, padded_rows(u) - first), i - first};
  }

  void begin(const Task& task) {
    for (int64_t h = 0; h < task.heads; ++h) begin(*task.unit, task.head + h, h * padded_rows(*task.unit));
  }
  void begin(const Unit& u, int64_t head, int64_t row) {
    const int64_t m = padded_rows(u), d_padded = key_width(u), dv = value_width(u);
    float* to = query_ + row * d_padded;
    const auto query = [&](int64_t i) {
      return a.q.f32() + ((u.first + i / a.group) * a.Hq + head * a.group + i % a.group) * a.D;
    };
    const int64_t real = u.count * a.group;
    if (u.few) {
      if (d_padded > a.D) std::fill(to, to + m * d_padded, 0.0f);
      for (int64_t i = 0; i < real; ++i) {
        const float* from = query(i);
        for (int64_t d = 0; d < a.D; ++d) to[i * d_padded + d] = from[d] * a.scale;
      }
    }
    for (int64_t i = 0; i < m && !u.few; i += a.isa.lanes) {  // the last query fills what is left of a vector
      const float* rows[kPanel];
      for (int64_t l = 0; l < a.isa.lanes; ++l) rows[l] = query(std::min(i + l, real - 1));
      const Place p = place(u, i);
      a.isa.turn_rows(rows, a.D, a.scale, to + p.first * d_padded + p.row, p.width);
    }
    for (int64_t i = 0; i < m && (a.slopes != nullptr || a.relative != nullptr); ++i) {
      slope_[row + i] = i < real && a.slopes != nullptr ? a.slopes[head * a.group + i % a.group] : 0;
      index_[row + i] = static_cast<float>(u.index + i / a.group);
    }
    std::fill(top_ + row, top_ + row + m, -kInf);
    std::fill(total_ + row, total_ + row + m, 0.0f);
    std::fill(acc_ + row * dv, acc_ + (row + m) * dv, 0.0f);
  }

  void end(const Task& task) const {
    for (int64_t h = 0; h < task.heads; ++h) end(task, task.head + h, h * padded_rows(*task.unit));
  }
  void end(const Task& task, int64_t head, int64_t row) const {
    const Unit& u = *task.unit;
    const float* acc = acc_ + row * value_width(u);
    if (!u.few && u.partial < 0) return end_many(u, head, row, acc);
    for (int64_t i = 0; i < u.count * a.group; ++i) {
      const int64_t token = i / a.group, q_head = head * a.group + i % a.group;
      const float top = top_[row + i], total = total_[row + i];
      const Place p = u.few ? Place{i, 1, 0} : place(u, i);
      const float* own = acc + p.first * value_width(u) + p.row;
      if (u.partial < 0) {
        a.finish(u.first + token, q_head, a.sees(u, token), top, total, own, p.width);
        continue;
      }
      float* to = partials_ + u.partial + ((task.range * u.count + token) * a.Hq + q_head) * (a.Dv + 2);
      to[0] = top, to[1] = total;
      for (int64_t d = 0; d < a.Dv; ++d) to[2 + d] = own[d * p.width];
    }
  }
  void end_many(const Unit& u, int64_t head, int64_t row, const float* acc) const {
    const int64_t real = u.count * a.group;
    for (int64_t i = 0; i < real; i += a.isa.lanes) {
      alignas(64) float factors[kPanel] = {};
      float* rows[kPanel];
      const auto count = static_cast<int>(std::min(a.isa.lanes, real - i));
      for (int l = 0; l < count; ++l) {
        const int64_t token = (i + l) / a.group, q_head = head * a.group + (i + l) % a.group;
        if (a.sees(u, token)) factors[l] = a.factor_of(q_head, top_[row + i + l], total_[row + i + l]);
        rows[l] = a.out_of(u.first + token, q_head);
      }
      const Place p = place(u, i);
      a.isa.turn_back(acc + p.first * a.Dv + p.row, a.Dv, p.width, factors, count, rows);
    }
  }

  /// Whether some row does not see all n positions from p on; if so, writes to first_ and last_ which of them each row
  /// sees.
  bool hides(const Unit& u, int64_t p, int64_t n) {
    if (a.first_seen(u.sequence, u.index + u.count - 1) <= p && p + n <= a.end_seen(u.sequence, u.index)) return false;
    for (int64_t i = 0; i < padded_rows(u); ++i) {
      const int64_t index = u.index + std::min(i / a.group, u.count - 1);
      const int64_t first = std::clamp<int64_t>(a.first_seen(u.sequence, index) - p, 0, n),
                    last = std::clamp<int64_t>(a.end_seen(u.sequence, index) - p, first, n);
      first_[i] = static_cast<float>(first), last_[i] = static_cast<float>(last);
    }
    return true;
  }

  const Attention& a;
  float* partials_;
  int64_t panel_;
  sdk::HostArray<float> memory_;
  float *query_, *acc_, *top_, *total_, *key_, *value_, *score_, *first_, *last_, *slope_, *index_;
  const uint8_t *key_tile_[kKeys], *value_tile_[kKeys];
  Spot spots_[2];
};

void Attention::run() {
  check_sequences();
  for (std::size_t s = 0; s < own_len_.size(); ++s) own_len_[s] = start[s + 1] - start[s];
  plan();
  sdk::HostArray<float> partials;
  if (partial_size_ > 0) partials = sdk::HostArray<float>(static_cast<uint64_t>(partial_size_));
  std::atomic<std::size_t> next{0};
  const int64_t workers = std::min<int64_t>(worker_count(), static_cast<int64_t>(tasks_.size()));
  call.parallel(workers, 1, [&](int64_t, int64_t) { Worker(*this, partials.data()).run(next); });
  for (const Unit& u : units_) {
    if (u.partial >= 0) merge(u, partials.data() + u.partial);
  }
}

}  // namespace

void add_attention(Interpreter& b) {
  for (const char* op : {"attention", "relative_attention", "ragged_attention"}) {
    b.kernel(op, [](Call& c) {
      if (c.out[0].size() > 0) Attention(c, isa_of(c)).run();
    });
  }
}

}  // namespace weft::cpu
