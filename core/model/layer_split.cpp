#include "core/model/layer_split.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/bytes_text.hpp"
#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/device/estimate.hpp"
#include "core/graph/layers.hpp"
#include "core/graph/segments.hpp"

namespace weft {
namespace {

/// Reads a whole number that takes all of `text`.
bool read(std::string_view text, int64_t& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && failed == std::errc() && end == text.data() + text.size() && number >= 0;
}

Result<LayerRange> parse_item(const std::string& item) {
  const std::size_t colon = item.rfind(':');
  LayerRange range;
  if (colon != std::string::npos && colon > 0) {
    const std::string_view layers = std::string_view(item).substr(colon + 1);
    const std::size_t dash = layers.find('-');
    range.device = item.substr(0, colon);
    const bool last = dash == layers.npos || read(layers.substr(dash + 1), range.last);
    if (last && read(layers.substr(0, dash), range.first)) {
      if (dash == layers.npos) range.last = range.first;
      if (range.first <= range.last) return range;
    }
  }
  return invalid("layers \"{}\" are not DEVICE:FIRST-LAST, such as cpu:0-9", item);
}

}  // namespace

Result<std::vector<LayerRange>> parse_layers(const std::string& text) {
  std::vector<LayerRange> ranges;
  std::string item;
  bool quoted = false;  // commas in the quoted part of a device's name separate nothing
  for (const char c : text + ",") {
    if (c != ',' || quoted) {
      item += c;
      quoted ^= c == '"';
      continue;
    }
    WEFT_TRY(auto range, parse_item(item));
    ranges.push_back(std::move(range));
    item.clear();
  }
  if (quoted) return invalid("layers \"{}\" have a quote that does not end", text);
  return ranges;
}

Result<std::vector<uint32_t>> spread(const std::vector<LayerRange>& ranges, int64_t layers) {
  if (layers == 0) return invalid("the model has no numbered layers to be spread over devices");
  std::vector<uint32_t> range_of(static_cast<std::size_t>(layers), UINT32_MAX);
  for (uint32_t r = 0; r < ranges.size(); ++r) {
    if (ranges[r].last >= layers) {
      return invalid("layers {}-{} are given to {}, the model has layers 0-{}", ranges[r].first, ranges[r].last,
                     ranges[r].device, layers - 1);
    }
    for (int64_t layer = ranges[r].first; layer <= ranges[r].last; ++layer) {
      uint32_t& taken = range_of[static_cast<std::size_t>(layer)];
      if (taken != UINT32_MAX)
        return invalid("layer {} is given to {} and to {}", layer, ranges[taken].device, ranges[r].device);
      taken = r;
    }
  }
  for (std::size_t layer = 0; layer < range_of.size(); ++layer) {
    if (range_of[layer] == UINT32_MAX) return invalid("layer {} of {} is given to no device", layer, layers);
  }
  return range_of;
}

namespace {

/// What may be put on a device.
Result<uint64_t> room_on(const Device& device) {
  if (device.host_pointers()) return UINT64_MAX;
  WEFT_TRY(const auto room, device.room());
  return room.value_or(0);
}

/// What a device would take with a layer more.
uint64_t sum(const Estimate& before, const Estimate& layer) {
  uint64_t bytes = std::max(before.scratch, layer.scratch);
  for (const uint64_t part : {before.weights, before.states, before.values, layer.weights, layer.states, layer.values})
    bytes = checked_add(bytes, part).value_or(UINT64_MAX);
  return bytes;
}

}  // namespace

Result<std::vector<uint32_t>> fit_layers(const Graph& graph, std::span<const std::shared_ptr<Device>> devices,
                                         const weft_params& params, std::span<const uint64_t> param_bytes) {
  const std::vector<int64_t> layers = layers_of(graph);
  const std::vector<Segment> segments = cut(graph, std::vector<uint32_t>(layers.begin(), layers.end()));
  std::vector<uint32_t> device_of(static_cast<std::size_t>(std::max<int64_t>(layer_count(graph), 1)));
  uint32_t d = 0;
  Estimate taken;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    for (;;) {
      WEFT_TRY(const Estimate e, estimate(*devices[d], segment->graph, params, param_bytes));
      WEFT_TRY(const uint64_t room, room_on(*devices[d]));
      if (sum(taken, e) <= room) {
        taken.weights += e.weights, taken.states += e.states, taken.values += e.values;
        taken.scratch = std::max(taken.scratch, e.scratch);
        break;
      }
      if (++d == devices.size()) {
        return error(Code::kResourceExhausted,
                     "layer {} takes {}, and no device has room for it; add a backend of the host's memory, or lower "
                     "the context",
                     segment->device, bytes_text(sum({}, e)));
      }
      taken = {};
    }
    device_of[segment->device] = d;
  }
  return device_of;
}

}  // namespace weft
