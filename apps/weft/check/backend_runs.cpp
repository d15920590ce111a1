#include "apps/weft/check/backend_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <thread>

#include "apps/weft/check/backend_graph.hpp"
#include "apps/weft/check/lent.hpp"
#include "apps/weft/check/own_memory.hpp"
#include "core/graph/view.hpp"

namespace weft::app {
namespace {

Verdict compiles(const std::shared_ptr<Device>& device, const Graph& graph) {
  const auto made = compiled(device, graph);
  if (!made.ok()) return Verdict::of(made.status());
  auto instance = GraphInstance::create(*made);
  if (!instance.ok()) return Verdict::of(instance.status());
  for (const int64_t tokens : {1, 64, 7, 1}) {
    const auto y = run(**instance, tokens);
    if (!y.ok()) return Verdict::of(y.status());
  }
  return Verdict::holds();
}

Verdict threads(const std::shared_ptr<Device>& device, const Graph& graph) {
  constexpr int kThreads = 4, kRuns = 50;
  constexpr int64_t kTokens = 33;
  const auto made = compiled(device, graph);
  if (!made.ok()) return Verdict::of(made.status());
  auto alone = GraphInstance::create(*made);
  if (!alone.ok()) return Verdict::of(alone.status());
  const auto expected = run(**alone, kTokens);
  if (!expected.ok()) return Verdict::of(expected.status());
  std::vector<Verdict> found(kThreads);
  std::vector<std::thread> all;
  for (Verdict& v : found) {
    all.emplace_back([&] {
      auto own = GraphInstance::create(*made);
      if (!own.ok()) v = Verdict::of(own.status());
      for (int i = 0; i < kRuns && v.state == RuleState::kPassed; ++i) {
        const auto y = run(**own, kTokens);
        if (!y.ok())
          v = Verdict::of(y.status());
        else if (std::memcmp(y->data(), expected->data(), y->size() * sizeof(float)) != 0)
          v = Verdict::breaks("{} on several threads gives other results than alone", graph.nodes.front().op);
      }
    });
  }
  for (std::thread& t : all) t.join();
  for (const Verdict& v : found) {
    if (v.state != RuleState::kPassed) return v;
  }
  return Verdict::holds();
}

Verdict alloc_fails(const std::shared_ptr<Device>& device, const Graph& graph, Ready& plugin, Reporter& reporter) {
  constexpr uint64_t kTried[] = {1, 2, 3, 5, 8, 13, 21, 34};
  for (const uint64_t n : kTried) {
    reporter.at(fmt::format("alloc fails from call {} on", n));
    plugin.watched().fail_alloc_at(n);
    const Verdict v = compiles(device, graph);
    plugin.watched().fail_alloc_at(0);
    (void)v;  // an error is right, and doing without
  }
  reporter.at("");
  const Verdict after = compiles(device, graph);
  return after.state == RuleState::kPassed ? after : Verdict::breaks("after alloc failed: {}", after.reason);
}

Verdict new_fails(const std::shared_ptr<Device>& device, const Graph& graph, Reporter& reporter) {
  OwnMemory::count_from_zero();
  if (const Verdict v = compiles(device, graph); v.state != RuleState::kPassed) return v;
  const uint64_t calls = OwnMemory::calls();
  for (const uint64_t n : OwnMemory::tried(calls)) {
    reporter.at(fmt::format("new fails from call {} on", n));
    OwnMemory::fail_at(n);
    (void)compiles(device, graph);  // an error is right, and doing without
    OwnMemory::fail_at(0);
  }
  reporter.at("");
  const Verdict after = compiles(device, graph);
  return after.state == RuleState::kPassed ? after : Verdict::breaks("after new failed: {}", after.reason);
}

/// Whether y stays as it is when what x held is gone.
Verdict inputs_read(const std::shared_ptr<Device>& device, const Graph& graph) {
  constexpr int64_t kTokens = 33;
  const auto made = compiled(device, graph);
  if (!made.ok()) return Verdict::of(made.status());
  auto instance = GraphInstance::create(*made);
  if (!instance.ok()) return Verdict::of(instance.status());
  const auto expected = run(**instance, kTokens);
  if (!expected.ok()) return Verdict::of(expected.status());
  float* const x = (*instance)->f32_input("x");
  fill_input(x, kTokens);
  if (const Status s = (*instance)->run(FreeSizes{{"T", kTokens}}); !s.ok()) return Verdict::of(s);
  std::fill(x, x + kTokens * 4, std::numeric_limits<float>::quiet_NaN());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for work that goes on although run has returned
  const bool same = std::memcmp((*instance)->output("y"), expected->data(), expected->size() * sizeof(float)) == 0;
  return same ? Verdict::holds() : Verdict::breaks("the results change once the inputs' memory is used anew");
}

/// Compiles and runs the graph with arguments that are taken back after each call. [a device of host pointers]
Verdict run_lent(const std::shared_ptr<Device>& device, const Graph& graph) {
  constexpr int64_t kTokens = 7;
  const GraphView view(graph);
  auto store = empty_store(device);
  if (!store.ok()) return Verdict::of(store.status());
  Result<std::shared_ptr<Executable>> executable = Status();
  {
    Lent lent("the graph that compile is given");
    executable = Executable::compile(*store, *lent.graph(*view.get()));
    if (!executable.ok()) return Verdict::of(executable.status());
  }
  if (!device->host_pointers()) return Verdict::holds();
  auto timeline = Timeline::create(device);
  if (!timeline.ok()) return Verdict::of(timeline.status());
  alignas(64) float x[kMostTokens * 4] = {}, y[kMostTokens * 4] = {};
  const auto bound = [](uint32_t value, float* host) {
    return weft_binding{{WEFT_END(weft_binding, block_stride), 0}, value, 0, nullptr, host, 0, sizeof x, 0};
  };
  Result<std::unique_ptr<Instance>> instance = Status();
  {
    Lent lent("the bindings that instance_new is given");
    const weft_binding bindings[] = {bound(graph.inputs[0], x), bound(graph.outputs[0], y)};
    const std::span<const weft_binding> given(lent.copy(bindings, std::size(bindings)), std::size(bindings));
    instance = Instance::create(*executable, *timeline, given);
    if (!instance.ok()) return Verdict::of(instance.status());
  }
  for (int times = 0; times < 2; ++times) {
    Lent lent("the sizes that execute is given");
    fill_input(x, kTokens);
    const std::vector<int64_t> sizes(graph.symbols.size(), kTokens);
    const Status s = (*instance)->execute({lent.copy(sizes.data(), sizes.size()), sizes.size()});
    if (!s.ok()) return Verdict::of(s);
  }
  return Verdict::holds();
}

}  // namespace

void check_runs(const std::shared_ptr<Device>& device, Ready& plugin, Reporter& reporter) {
  const std::optional<Graph> graph = runnable_graph(*device, plugin.host());
  const bool compiled = reporter.needed("backend.compiles", [&] {
    if (!graph) return Verdict::skipped("the device runs none of add, mul, exp and sigmoid");
    const Verdict v = run_lent(device, *graph);
    return v.state == RuleState::kPassed ? compiles(device, *graph) : v;
  });
  const auto rule = [&](const char* name, const std::function<Verdict()>& check) {
    reporter.rule(name, [&] { return compiled ? check() : Verdict::skipped("the device has compiled no graph"); });
  };
  rule("backend.threads", [&] { return threads(device, *graph); });
  rule("backend.inputs-read", [&] { return inputs_read(device, *graph); });
  rule("backend.alloc-fails", [&] { return alloc_fails(device, *graph, plugin, reporter); });
  rule("backend.new-fails", [&] {
    const Status taken = OwnMemory::take(reinterpret_cast<const void*>(device->api().device_open));
    return taken.ok() ? new_fails(device, *graph, reporter) : Verdict::skipped("{}", taken.message());
  });
}

}  // namespace weft::app
