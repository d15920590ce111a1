// scan: its body is recorded once for each token.
#include <utility>

#include "plugins/backends/vulkan/executable.hpp"
#include "plugins/backends/vulkan/kept.hpp"
#include "plugins/backends/vulkan/shapes.hpp"

namespace weft::vulkan {
namespace {

/// A scan's body, whose temps and constants lie in scratch memory of the node that scans.
class Body {
 public:
  Body(Dispatch& d, const sdk::Program& program) : d_(d), program_(program), at_(program.values.size()) {
    const Plan plan = plan_of(program, *d.sizes);
    const VkDeviceAddress temps = d.scratch(plan.bytes);
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const sdk::ProgramValue& v = program.values[i];
      if (v.kind == WEFT_TEMP) at_[i] = f32_at(temps + plan.offset[i]);
      if (v.kind != WEFT_CONST || v.constant.empty() || d.work == nullptr) continue;
      const Work::Lent lent = d.work->lend(v.constant.size());
      std::memcpy(lent.host, v.constant.data(), v.constant.size());
      at_[i] = f32_at(lent.address);
    }
  }

  void run(const std::vector<Weight>& in, const std::vector<VkDeviceAddress>& out) {
    for (std::size_t i = 0; i < in.size(); ++i) at_[program_.inputs.at(i)] = in[i];
    for (std::size_t i = 0; i < out.size(); ++i) at_[program_.outputs.at(i)] = f32_at(out[i]);
    asked_ = 0;
    for (const sdk::ProgramNode& node : program_.nodes) {
      Dispatch n;
      n.op = node.op, n.attrs = &node.attrs, n.sizes = d_.sizes;
      n.facts = d_.facts, n.work = d_.work, n.error = d_.error;
      n.scratch = [this](uint64_t bytes) { return again(bytes); };
      for (const uint32_t v : node.in) {
        n.present.push_back(v != WEFT_NONE);
        n.in.push_back(v != WEFT_NONE ? view(v) : sdk::View{});
        n.weights.push_back(v != WEFT_NONE ? at_[program_.values[v].root] : Weight{});
        n.states.push_back(nullptr);
      }
      for (const uint32_t v : node.out) n.out.push_back(view(v));
      node.kernel->run(n);
    }
  }

 private:
  /// Scratch memory: each run asks for the same as the one before.
  VkDeviceAddress again(uint64_t bytes) {
    if (asked_ == lent_.size()) lent_.push_back(d_.scratch(bytes));
    return lent_[asked_++];
  }
  sdk::View view(uint32_t value) const {
    const sdk::ProgramValue& v = program_.values[value];
    sdk::View view;
    view.dtype = v.dtype, view.dims = resolved(v.dims, *d_.sizes), view.data = pointer(at_[v.root].low);
    return view;
  }

  Dispatch& d_;
  const sdk::Program& program_;
  std::vector<Weight> at_;  // by value
  std::vector<VkDeviceAddress> lent_;
  std::size_t asked_ = 0;
};

/// The rows of a tensor along its first axis. Those that begin within words are copied to and from memory of their own.
class Rows {
 public:
  Rows(Dispatch& d, const sdk::View& x) : d_(d), x_(address(x)), bytes_(bytes_of_element(x)) {
    for (std::size_t i = 1; i < x.rank(); ++i) elements_ *= x.dims[i];
    if (bytes_ < 4) row_ = d.scratch(static_cast<uint64_t>(elements_) * bytes_);
  }
  VkDeviceAddress memory(int64_t t) const {
    return bytes_ < 4 ? row_ : x_ + static_cast<uint64_t>(t * elements_) * bytes_;
  }
  void load(int64_t t) const {
    if (bytes_ < 4) d_.copy_elements(row_, 0, x_, t * elements_, elements_, bytes_);
  }
  void store(int64_t t) const {
    if (bytes_ < 4) d_.copy_elements(x_, t * elements_, row_, 0, elements_, bytes_);
  }

 private:
  Dispatch& d_;
  VkDeviceAddress x_, row_ = 0;
  uint32_t bytes_;
  int64_t elements_ = 1;
};

struct Carry {
  State state;
  uint32_t size;
  VkDeviceAddress now, next;

  void move(Dispatch& d, const Step& step, int64_t t, bool after, bool reverse) const {
    const struct {
      Step step;
      State state;
      VkDeviceAddress carry;
      uint32_t size, t;
    } push{step, state, after ? next : now, size, u32(t)};
    d.each(Shader::kCarry, {after, reverse}, push, size);
  }
};

void scan(Dispatch& d) {
  const auto carries = static_cast<std::size_t>(d.integer("n_carry", 0)),
             xs = static_cast<std::size_t>(d.integer("n_xs", 0)),
             consts = static_cast<std::size_t>(d.integer("n_const", 0));
  const bool reverse = d.integer("reverse", 0) != 0;
  const int64_t T = d.in[carries + 1].dims[0];
  const Step step = step_of(d, 0, carries);
  Body body(d, *d.body_program);
  std::vector<Carry> carried;
  std::vector<Rows> reads, writes;
  for (std::size_t i = 0; i < carries; ++i) {
    const auto size = u32(d.states[i]->entry_elems);
    carried.push_back({state_of(d, i), size, d.scratch(uint64_t{size} * 4), d.scratch(uint64_t{size} * 4)});
  }
  for (std::size_t i = 0; i < xs; ++i) reads.emplace_back(d, d.in[carries + 3 + i]);
  for (std::size_t i = carries; i < d.out.size(); ++i) writes.emplace_back(d, d.out[i]);

  // What is not recorded asks for the same memory for each token.
  const int64_t steps = d.work != nullptr ? T : std::min<int64_t>(T, 1);
  for (int64_t n = 0; n < steps; ++n) {
    const int64_t t = reverse ? T - 1 - n : n;
    std::vector<Weight> in;
    std::vector<VkDeviceAddress> out;
    for (const Carry& c : carried) {
      c.move(d, step, t, false, reverse);
      in.push_back(f32_at(c.now)), out.push_back(c.next);
    }
    for (const Rows& r : reads) r.load(t), in.push_back(f32_at(r.memory(t)));
    for (std::size_t i = 0; i < consts; ++i) in.push_back(d.weights[carries + 3 + xs + i]);
    for (const Rows& r : writes) out.push_back(r.memory(t));
    body.run(in, out);
    for (const Rows& r : writes) r.store(t);
    for (Carry& c : carried) c.move(d, step, t, true, reverse), std::swap(c.now, c.next);
  }
}

}  // namespace

void add_scan(sdk::Kernels& k) { add(k, "scan", scan); }

}  // namespace weft::vulkan
