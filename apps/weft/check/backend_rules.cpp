// A backend's table, asked as the core asks it and as it does not.
#include <algorithm>

#include "apps/weft/check/backend_graph.hpp"
#include "apps/weft/check/backend_runs.hpp"
#include "apps/weft/check/filled.hpp"
#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/lent.hpp"
#include "core/graph/view.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

constexpr uint32_t kMostDevices = 1024;  // more than any machine has; a count beyond is no answer
constexpr uint64_t kMostAlign = 4096;

bool power_of_two(uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

/// Asks for each device and stops at the first that breaks something.
Verdict each_device(uint32_t count, const std::function<Verdict(uint32_t)>& check) {
  for (uint32_t i = 0; i < count; ++i) {
    if (Verdict v = check(i); v.state != RuleState::kPassed) {
      v.reason = fmt::format("device {}: {}", i, v.reason);
      return v;
    }
  }
  return count == 0 ? Verdict::skipped("there is no device here") : Verdict::holds();
}

/// Raw calls of a backend's table.
class Asked {
 public:
  Asked(const weft_backend& api, Ready& plugin) : api_(api), plugin_(plugin) {}

  uint32_t count() { return api_.device_count(api_.self); }
  Verdict device_count() {
    const uint32_t first = count(), again = count();
    if (first != again) return Verdict::breaks("it says {}, and {} when it is asked again", first, again);
    return first <= kMostDevices ? Verdict::holds() : Verdict::breaks("it says {}", first);
  }
  Verdict device_info(uint32_t i) {
    Filled<weft_device_info> info(WEFT_END(weft_device_info, uuid));
    const Status s = plugin_.call("device_info", [&] { return api_.device_info(api_.self, i, &info.value); });
    if (!s.ok()) return Verdict::of(s);
    if (const std::string harm = info.harm(); !harm.empty()) return Verdict::breaks("device_info {}", harm);
    const weft_device_info& v = info.value;
    if (to_view(v.name).empty()) return Verdict::breaks("it has no name");
    if (v.align != 0 && (!power_of_two(v.align) || v.align > kMostAlign))
      return Verdict::breaks("its alignment is {}", v.align);
    return Verdict::holds();
  }
  Verdict past_count(uint32_t n) {
    Filled<weft_device_info> info(WEFT_END(weft_device_info, uuid));
    if (plugin_.call("device_info", [&] { return api_.device_info(api_.self, n, &info.value); }).ok())
      return Verdict::breaks("device_info of device {} of {} gives OK", n, n);
    weft_device* device = nullptr;
    if (open(n, nullptr, device).ok()) return Verdict::breaks("device_open of device {} of {} gives OK", n, n);
    return Verdict::holds();
  }
  Status open(uint32_t i, const weft_options* options, weft_device*& out) {
    return plugin_.call("device_open", [&] { return api_.device_open(api_.self, i, {}, options, &out); });
  }
  Verdict open_close(uint32_t i) {
    for (int times = 0; times < 2; ++times) {
      weft_device* device = nullptr;
      if (const Status s = open(i, nullptr, device); !s.ok()) return Verdict::of(s);
      if (device == nullptr) return Verdict::breaks("device_open gives OK and no device");
      api_.device_close(device);
    }
    return Verdict::holds();
  }
  Verdict unknown_option(uint32_t i) {
    const int64_t one = 1;
    const weft_attr attr{{WEFT_END(weft_attr, data), 0}, to_str(kUnknownOption), WEFT_ATTR_I64, 1, &one};
    Lent lent("the options that device_open is given");
    const weft_options options{{WEFT_END(weft_options, attr_stride), 0}, lent.copy(attr), 1, sizeof attr};
    weft_device* device = nullptr;
    const Status s = open(i, lent.copy(options), device);
    if (s.ok()) {
      api_.device_close(device);
      return Verdict::breaks("device_open takes the option {}", kUnknownOption);
    }
    if (s.code() == Code::kInvalidArgument && s.message().find(kUnknownOption) != std::string_view::npos)
      return Verdict::holds();
    return Verdict::breaks("the error of device_open is not INVALID_ARGUMENT, or does not name {}: {}", kUnknownOption,
                           s.message());
  }
  Verdict steps(uint32_t i) {
    Filled<weft_device_info> info(WEFT_END(weft_device_info, uuid));
    const Status s = plugin_.call("device_info", [&] { return api_.device_info(api_.self, i, &info.value); });
    if (!s.ok()) return Verdict::of(s);
    const bool own = (info.value.caps & WEFT_CAP_HOST_POINTERS) == 0;
    const bool memory = WEFT_HAS(&api_, weft_backend, transfer) && api_.buffer_new && api_.buffer_free && api_.transfer;
    if (own && !memory)
      return Verdict::breaks("it has no host pointers, and buffer_new, buffer_free or transfer is NULL");
    if (!WEFT_HAS(&api_, weft_backend, timeline_wait)) return Verdict::holds();
    const int there = (api_.timeline_new ? 1 : 0) + (api_.timeline_free ? 1 : 0) + (api_.timeline_wait ? 1 : 0);
    if (there == 0 || there == 3) return Verdict::holds();
    return Verdict::breaks("{} of 3 functions of step 3 are there", there);
  }

 private:
  const weft_backend& api_;
  Ready& plugin_;
};

/// The verdicts of a device, and whether it has written more than they are.
Verdict verdicts(const Device& device, const Graph& graph) {
  constexpr uint8_t kAround = 0xA5;
  constexpr std::size_t kMargin = 64;
  const GraphView view(graph);
  const auto ask = [&](std::vector<uint8_t>& into) {
    into.assign(graph.nodes.size() + kMargin, kAround);
    Lent lent("the graph that supports is given");
    const weft_graph* const given = lent.graph(*view.get());
    return device.call("supports", [&] {
      return device.api().supports(device.handle(), given, into.data(), nullptr);
    });
  };
  std::vector<uint8_t> out, again;
  for (std::vector<uint8_t>* into : {&out, &again}) {
    if (const Status s = ask(*into); !s.ok()) return Verdict::of(s);
    for (std::size_t i = 0; i < into->size(); ++i) {
      const uint8_t v = (*into)[i];
      if (i < graph.nodes.size() ? v > 2 : v != kAround)
        return Verdict::breaks("of {} nodes, verdict {} is {}", graph.nodes.size(), i, v);
    }
  }
  return out == again ? Verdict::holds() : Verdict::breaks("asked again, it gives other verdicts");
}

Verdict state_layout(const Device& device) {
  const int64_t dims[] = {2, 64};
  for (const uint32_t dtype : {WEFT_F32, WEFT_F16}) {
    weft_state state{};
    state.hdr.struct_size = WEFT_END(weft_state, fill);
    state.name = to_str("k"), state.dtype = dtype, state.rank = 2, state.dims = dims;
    Filled<weft_state_layout> first(WEFT_END(weft_state_layout, align)), again(WEFT_END(weft_state_layout, align));
    for (Filled<weft_state_layout>* out : {&first, &again}) {
      Lent lent("the state that state_layout is given");
      const weft_state* const given = lent.copy(state);
      const Status s = device.call("state_layout", [&] {
        return device.api().state_layout(device.handle(), given, 16, &out->value);
      });
      if (!s.ok()) return Verdict::of(s);
      if (const std::string harm = out->harm(); !harm.empty()) return Verdict::breaks("state_layout {}", harm);
    }
    const uint64_t align = first.value.align;
    if (first.value.block_bytes == 0 || (align != 0 && !power_of_two(align)))
      return Verdict::breaks("a block has {} bytes aligned to {}", first.value.block_bytes, align);
    if (first.value.block_bytes != again.value.block_bytes || align != again.value.align)
      return Verdict::breaks("asked again, it gives another size");
  }
  return Verdict::holds();
}

void check_table(const weft_backend& api, Ready& plugin, Reporter& reporter) {
  Asked asked(api, plugin);
  if (!reporter.needed("backend.device-count", [&] { return asked.device_count(); })) return;
  const uint32_t count = asked.count();
  const bool sane = reporter.needed("backend.device-info", [&] {
    return each_device(count, [&](uint32_t i) { return asked.device_info(i); });
  });
  reporter.rule("backend.device-past-count", [&] { return asked.past_count(count); });
  reporter.rule("backend.steps", [&] { return each_device(count, [&](uint32_t i) { return asked.steps(i); }); });
  const bool opens = sane && reporter.needed("backend.open-close", [&] {
    return each_device(count, [&](uint32_t i) { return asked.open_close(i); });
  });
  if (!opens) return reporter.skip_rest("backend", "no device opens");
  reporter.rule("backend.unknown-option",
                [&] { return each_device(count, [&](uint32_t i) { return asked.unknown_option(i); }); });
  for (uint32_t i = 0; i < count; ++i) {
    auto device = Device::open({std::string(to_view(api.name)), &api, api.self, &plugin.watched()}, i, "");
    if (!device.ok()) continue;
    reporter.rule("backend.verdicts", [&] {
      for (const char* op : kSimpleOps) {
        const auto graph = graph_of(op, plugin.host());
        if (!graph.ok()) return Verdict::skipped("{}", graph.status().message());
        if (const Verdict v = verdicts(**device, *graph); v.state != RuleState::kPassed) return v;
      }
      return Verdict::holds();
    });
    reporter.rule("backend.state-layout", [&] { return state_layout(**device); });
    check_runs(*device, plugin, reporter);
  }
}

}  // namespace

void check_backend(const Subject& subject, Reporter& reporter) {
  with_tables(subject, reporter, kBackends, "backend", [&](const void* table, Ready& plugin) {
    check_table(*static_cast<const weft_backend*>(table), plugin, reporter);
  });
}

}  // namespace weft::app
