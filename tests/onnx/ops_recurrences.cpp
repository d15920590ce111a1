// RNN, GRU and LSTM, one step after the other.
#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

/// What one direction of a layer computes with. W and R are [gates * H, ...].
struct Direction {
  Value w, r;                              // transposed: [I, gates * H], [H, gates * H]
  Value input_bias = {}, state_bias = {};  // [gates * H], or absent
  Value peepholes = {};                    // [3 * H], or absent
  std::vector<std::string> activations = {};
  std::vector<double> alpha = {}, beta = {};
  double clip = 0;
  int64_t H = 0;

  Value act(std::size_t i, Value x) const {
    if (clip > 0) x = max(min(x, clip), -clip);
    const auto at = [&](const std::vector<double>& v, double otherwise) { return i < v.size() ? v[i] : otherwise; };
    return activated(activations.at(i), x, at(alpha, 0.2), at(beta, 0.5));
  }
  Value gate(const Value& all, int64_t i) const { return slice(all, all.rank() - 1, i * H, H); }
  Value of_input(const Value& x) const { return input_bias.g ? matmul(x, w) + input_bias : matmul(x, w); }
  Value of_state(const Value& h) const { return state_bias.g ? matmul(h, r) + state_bias : matmul(h, r); }
};

struct State {
  Value h, c;  // [B, H]
};

using Step = State (*)(const Node& n, const Direction& d, const Value& x, const State& s);

State rnn_step(const Node&, const Direction& d, const Value& x, const State& s) {
  return {d.act(0, d.of_input(x) + d.of_state(s.h)), {}};
}

State gru_step(const Node& n, const Direction& d, const Value& x, const State& s) {
  const Value in = d.of_input(x), old = d.of_state(s.h);
  const Value z = d.act(0, d.gate(in, 0) + d.gate(old, 0)), r = d.act(0, d.gate(in, 1) + d.gate(old, 1));
  const bool before = n.integer("linear_before_reset", 0) == 0;  // the reset comes before the product
  const Value reset = before ? d.gate(d.of_state(r * s.h), 2) : r * d.gate(old, 2);
  const Value fresh = d.act(1, d.gate(in, 2) + reset);
  return {fresh + z * (s.h - fresh), {}};
}

State lstm_step(const Node& n, const Direction& d, const Value& x, const State& s) {
  const Value all = d.of_input(x) + d.of_state(s.h);
  const auto peeped = [&](int64_t gate, int64_t peephole, const Value& c) {
    const Value y = d.gate(all, gate);
    return d.peepholes.g ? y + d.gate(d.peepholes, peephole) * c : y;
  };
  const Value i = d.act(0, peeped(0, 0, s.c));
  const Value f = n.integer("input_forget", 0) != 0 ? -i + 1 : d.act(0, peeped(2, 2, s.c));
  const Value c = f * s.c + i * d.act(1, d.gate(all, 3));
  return {d.act(0, peeped(1, 1, c)) * d.act(2, c), c};
}

/// X [T, B, I]; with layout 1 all batches come first.
template <Step step, int64_t gates>
Values layer(const Node& n) {
  const bool batch_first = n.integer("layout", 0) != 0;
  const Value x = batch_first ? transpose(n.in(0), {1, 0, 2}) : n.in(0);
  const int64_t T = x.dim(0), B = x.dim(1), H = n.in(2).dim(2);
  const std::string direction = n.text("direction", "forward");
  const int64_t directions = direction == "bidirectional" ? 2 : 1;
  if (n.has(4)) {
    for (int64_t length : n.known_integers(4)) {
      if (length != T) throw Refused(n.op() + ": sequences of unequal lengths");
    }
  }
  std::vector<std::string> usual(gates == 1 ? 1 : gates - 1, "Tanh");
  if (gates > 1) usual[0] = "Sigmoid";
  std::vector<std::string> activations = n.texts("activations");
  while (activations.size() < usual.size() * 2) activations.insert(activations.end(), usual.begin(), usual.end());
  Values all, last_h, last_c;  // by direction
  for (int64_t i = 0; i < directions; ++i) {
    Direction d{.w = transpose(entry(n.in(1), 0, i), {1, 0}), .r = transpose(entry(n.in(2), 0, i), {1, 0})};
    d.alpha = n.numbers("activation_alpha"), d.beta = n.numbers("activation_beta");
    d.clip = n.number("clip", 0), d.H = H;
    const auto first = activations.begin() + i * std::ssize(usual);
    d.activations.assign(first, first + std::ssize(usual));
    if (n.has(3)) {
      const Value bias = entry(n.in(3), 0, i);
      d.input_bias = slice(bias, 0, 0, gates * H), d.state_bias = slice(bias, 0, gates * H, gates * H);
    }
    if (n.has(7)) d.peepholes = entry(n.in(7), 0, i);
    const auto initial = [&](std::size_t input) {
      return n.has(input) ? entry(n.in(input), batch_first ? 1 : 0, i) : filled(x, 0, {B, H});
    };
    State s{initial(5), initial(6)};
    const bool backwards = direction == "reverse" || i == 1;
    Values ys(static_cast<std::size_t>(T));
    for (int64_t t = 0; t < T; ++t) {
      const int64_t at = backwards ? T - 1 - t : t;
      s = step(n, d, entry(x, 0, at), s);
      ys[static_cast<std::size_t>(at)] = unsqueeze(s.h, 0);
    }
    all.push_back(unsqueeze(concat(ys, 0), 1));  // [T, 1, B, H]
    last_h.push_back(unsqueeze(s.h, 0));         // [1, B, H]
    if (s.c.g) last_c.push_back(unsqueeze(s.c, 0));
  }
  const auto last = [&](const Values& v) {
    const Value y = concat(v, 0);
    return batch_first ? transpose(y, {1, 0, 2}) : y;
  };
  const Value y = concat(all, 1);
  Values results{batch_first ? transpose(y, {2, 0, 1, 3}) : y, last(last_h)};
  if (!last_c.empty()) results.push_back(last(last_c));
  return results;
}

}  // namespace

const Ops kRecurrences = {{"RNN", layer<rnn_step, 1>}, {"GRU", layer<gru_step, 3>}, {"LSTM", layer<lstm_step, 4>}};

}  // namespace weft::onnx
