// The table of the opaque backend, called as backend.h says: what the other tests here rely on.
#include <array>
#include <thread>

#include "core/base/status_abi.hpp"
#include "core/device/executable.hpp"
#include "core/graph/view.hpp"
#include "tests/opaque/opaque.hpp"
#include "tests/written_graph.hpp"

namespace weft::test {
namespace {

using opaque::Fault;

/// One device with one timeline, called directly.
class Raw {
 public:
  explicit Raw(const std::string& options = "") : there(options), device(there.devices()[0]) {
    EXPECT_EQ(code(api().timeline_new(device->handle(), &timeline)), Code::kOk);
  }
  ~Raw() {
    for (weft_buffer* b : buffers) api().buffer_free(b);
    api().timeline_free(timeline);
  }
  const weft_backend& api() const { return device->api(); }
  static Code code(weft_status* s) { return from_abi(s).code(); }
  weft_buffer* buffer(uint64_t bytes) {
    weft_buffer* b = nullptr;
    EXPECT_EQ(code(api().buffer_new(device->handle(), WEFT_MEMORY_DEVICE, bytes, &b)), Code::kOk);
    buffers.push_back(b);
    return b;
  }
  Code transfer(std::initializer_list<weft_region> regions, uint64_t wait, uint64_t signal) const {
    weft_transfer t{};
    t.hdr.struct_size = WEFT_END(weft_transfer, when);
    t.regions = regions.begin(), t.n_regions = static_cast<uint32_t>(regions.size());
    t.when = {timeline, wait, signal};
    return code(api().transfer(device->handle(), &t));
  }
  /// Waits as a host has to: a wait may end early.
  Code wait(uint64_t value) const {
    Code c;
    do {
      c = code(api().timeline_wait(timeline, value, 1'000'000));
    } while (c == Code::kDeadlineExceeded);
    return c;
  }

  const OpaqueEngine there;
  const std::shared_ptr<Device> device;
  weft_timeline* timeline = nullptr;
  std::vector<weft_buffer*> buffers;
};

using Four = std::array<float, 4>;

weft_region to(weft_buffer* buffer, const Four& from) { return {nullptr, buffer, from.data(), nullptr, 0, 0, 16}; }
weft_region from(weft_buffer* buffer, Four& to) { return {buffer, nullptr, nullptr, to.data(), 0, 0, 16}; }

TEST(OpaqueDevice, Moves_bytes_between_memories_as_waits_say) {
  Raw raw;
  weft_buffer *a = raw.buffer(512), *b = raw.buffer(512);
  const Four given = {1, 2, 3, 4};
  Four fresh{}, moved{};
  EXPECT_EQ(raw.transfer({from(b, fresh)}, 0, 1), Code::kOk);
  EXPECT_EQ(raw.transfer({to(a, given)}, 0, 2), Code::kOk);
  EXPECT_EQ(raw.transfer({{a, b, nullptr, nullptr, 0, 256, 16}}, 2, 3), Code::kOk);
  EXPECT_EQ(raw.transfer({{nullptr, b, nullptr, nullptr, 0, 260, 8}}, 3, 4), Code::kOk);
  EXPECT_EQ(raw.transfer({{b, nullptr, nullptr, moved.data(), 256, 0, 16}}, 4, 5), Code::kOk);
  EXPECT_EQ(raw.wait(5), Code::kOk);
  EXPECT_TRUE(std::isnan(fresh[0]));
  EXPECT_EQ(moved, (Four{1, 0, 0, 4}));
}

TEST(OpaqueDevice, Begins_when_somebody_waits_and_not_before) {
  Raw raw(R"("when_asked": 1, "late_us": 0)");
  weft_buffer* a = raw.buffer(512);
  const Four given = {1, 2, 3, 4};
  EXPECT_EQ(raw.transfer({to(a, given)}, 0, 1), Code::kOk);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(Raw::code(raw.api().timeline_wait(raw.timeline, 1, 0)), Code::kDeadlineExceeded);
  EXPECT_EQ(raw.wait(1), Code::kOk);
  EXPECT_EQ(Raw::code(raw.api().timeline_wait(raw.timeline, 1, 0)), Code::kOk);
}

TEST(OpaqueDevice, Tells_a_failure_to_waits_above_it_and_takes_no_work_that_it_would_do) {
  Raw raw;
  weft_buffer* a = raw.buffer(512);
  const Four given = {1, 2, 3, 4};
  raw.there.watch().plan(Fault::kJobFails, 2);
  for (uint64_t i = 1; i <= 3; ++i) (void)raw.transfer({to(a, given)}, i - 1, i);
  EXPECT_EQ(raw.wait(3), Code::kAborted);
  EXPECT_EQ(raw.wait(1), Code::kOk);
  EXPECT_EQ(raw.wait(2), Code::kAborted);
  EXPECT_EQ(raw.there.watch().struck(), "transfer");
}

TEST(OpaqueDevice, Answers_waits_and_frees_when_it_is_lost) {
  Raw raw;
  weft_buffer* a = raw.buffer(512);
  const Four given = {1, 2, 3, 4};
  EXPECT_EQ(raw.transfer({to(a, given)}, 0, 1), Code::kOk);
  EXPECT_EQ(raw.wait(1), Code::kOk);
  raw.there.watch().plan(Fault::kLostAtJob, 1);
  EXPECT_EQ(raw.transfer({to(a, given)}, 1, 2), Code::kOk);
  EXPECT_EQ(raw.wait(2), Code::kUnavailable);
  EXPECT_EQ(raw.transfer({to(a, given)}, 2, 3), Code::kUnavailable);
}

TEST(OpaqueDevice, Notices_what_hosts_may_not_do) {
  Raw raw(R"("when_asked": 1)");
  weft_buffer *a = raw.buffer(512), *b = raw.buffer(512);
  Four given = {1, 2, 3, 4};
  const auto noticed = [&](Code c, const std::string& breach) {
    EXPECT_EQ(c, Code::kInvalidArgument) << breach;
    EXPECT_EQ(raw.there.watch().take_breaches(), breach + "\n");
  };
  noticed(raw.transfer({to(a, given)}, 1, 2), "transfer awaits what was never given");
  noticed(raw.transfer({{a, b, nullptr, nullptr, 0, 500, 16}}, 0, 1), "a region exceeds its buffer");
  noticed(raw.transfer({{a, b, nullptr, nullptr, 0, 0, 18}}, 0, 1), "a region has no multiple of 4 bytes");
  noticed(raw.transfer({to(a, given), from(a, given)}, 0, 1), "a region overlaps one that is written");
  noticed(raw.transfer({{nullptr, nullptr, given.data(), given.data(), 0, 0, 16}}, 0, 1),
          "a region has no end on the device");
  const Raw other;  // of another engine
  noticed(raw.transfer({to(reinterpret_cast<weft_buffer*>(raw.timeline), given)}, 0, 1),
          "a buffer is named that is none of the device's");
  EXPECT_EQ(raw.transfer({to(a, given)}, 0, 1), Code::kOk);
  noticed(raw.transfer({to(a, given)}, 0, 1), "transfer signals a value twice");
  raw.api().buffer_free(a);  // the transfer has not begun
  std::erase(raw.buffers, a);
  EXPECT_EQ(raw.there.watch().take_breaches(), "a buffer is freed that is still in use\n");
  EXPECT_EQ(raw.wait(1), Code::kOk);
}

/// y[R] = x[rows]: an f32 input, a host's input, and an output.
void rows_of_x(sdk::Graph& g) {
  const sdk::Tensor x = g.input("x", WEFT_F32, {4}), rows = g.input("rows", WEFT_I32, {g.symbol("R")});
  g.output("y", g.gather(x, rows));
}

TEST(OpaqueDevice, Keeps_bindings_until_others_come_and_has_read_the_hosts_inputs_at_once) {
  Raw raw;
  const Graph graph =
      *written_graph(raw.there.engine(), "step", [](std::string_view) { return 4; }, rows_of_x);
  const auto store = *Store::create(raw.device, &kNoParams, WEFT_PRECISION_EXACT);
  const auto exec = *Executable::compile(store, *GraphView(graph).get());
  weft_buffer* const x[] = {raw.buffer(512), raw.buffer(512)};
  weft_buffer* const y[] = {raw.buffer(512), raw.buffer(512)};
  std::array<int32_t, 4> rows{};
  const auto bound = [](uint32_t value, weft_buffer* buffer, void* host) {
    return weft_binding{{WEFT_END(weft_binding, block_stride), 0}, value, 0, buffer, host, 0, 16, 0};
  };
  const uint32_t x_id = graph.inputs[0], rows_id = graph.inputs[1], y_id = graph.outputs[0];
  const weft_binding first[] = {bound(x_id, x[0], nullptr), bound(rows_id, nullptr, rows.data()),
                                bound(y_id, y[0], nullptr)};
  weft_instance* instance = nullptr;
  ASSERT_EQ(Raw::code(raw.api().instance_new(exec->handle(), raw.timeline, first, 3, sizeof(weft_binding), nullptr,
                                             &instance)),
            Code::kOk);

  constexpr uint64_t kRuns = 12;
  std::array<Four, kRuns> given, got{};
  uint64_t last = 0;
  for (uint64_t k = 0; k < kRuns; ++k) {  // every third run is bound as the one before it
    const uint64_t which = k % 3 == 2 ? (k - 1) % 2 : k % 2;
    const auto base = static_cast<float>(10 * k);
    given[k] = {base, base + 1, base + 2, base + 3};
    EXPECT_EQ(raw.transfer({to(x[which], given[k])}, last, last + 1), Code::kOk);
    const weft_binding others[] = {bound(x_id, x[which], nullptr), bound(y_id, y[which], nullptr)};
    rows = {3, 2, 1, static_cast<int32_t>(k % 4)};
    const int64_t size = 4;
    weft_submit s{};
    s.hdr.struct_size = WEFT_END(weft_submit, options);
    s.sizes = &size, s.n_sizes = 1, s.bindings = others, s.n_bindings = k % 3 == 2 ? 0 : 2;
    s.binding_stride = sizeof(weft_binding), s.when = {raw.timeline, last + 1, last + 2};
    EXPECT_EQ(Raw::code(raw.api().execute(instance, &s)), Code::kOk);
    rows.fill(-77);
    EXPECT_EQ(raw.transfer({from(y[which], got[k])}, last + 2, last + 3), Code::kOk);
    last += 3;
  }
  EXPECT_EQ(raw.wait(last), Code::kOk);
  for (uint64_t k = 0; k < kRuns; ++k) {
    const auto base = static_cast<float>(10 * k);
    EXPECT_EQ(got[k], (Four{base + 3, base + 2, base + 1, base + static_cast<float>(k % 4)})) << k;
  }
  raw.api().instance_free(instance);
}

}  // namespace
}  // namespace weft::test
