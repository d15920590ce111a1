// The plugin's options: plugins.options of weft.json, under "weft.test.opaque".
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "weft/sdk/json.hpp"

namespace opaque {

struct Settings {
  int64_t step = 3;                // 2: no timelines, calls return when their work is done
  bool unified = false;            // whether buffers can be mapped
  bool when_asked = false;         // whether work starts only once somebody waits for it
  uint64_t seed = 1;               // of all that is left to chance
  int64_t late_us = 50;            // the longest time between a job that is ready and its start
  uint64_t memory = 64ull << 20;   // of each device, for weights and buffers
  uint64_t max_buffer = 0;         // 0: no limit
  uint64_t align = 512;
  std::set<std::string> refuses;   // ops that no device runs
  std::string lies;                // which lie backend.cpp tells

  explicit Settings(const weft::sdk::Json& options) {
    for (uint64_t i = 0; i < options.size(); ++i) set(std::string(options.key(i)), options[options.key(i)]);
  }

 private:
  void set(const std::string& key, const weft::sdk::Json& value) {
    const auto number = static_cast<uint64_t>(value.integer());
    if (key == "step") step = value.integer();
    else if (key == "unified") unified = number != 0;
    else if (key == "when_asked") when_asked = number != 0;
    else if (key == "seed") seed = number;
    else if (key == "late_us") late_us = value.integer();
    else if (key == "memory") memory = number;
    else if (key == "max_buffer") max_buffer = number;
    else if (key == "align") align = number;
    else if (key == "lies") lies = value.string();
    else if (key == "refuses") for (uint64_t i = 0; i < value.size(); ++i) refuses.emplace(value.at(i).string());
    else weft::sdk::refuse("opaque has no option " + key);
  }
};

}  // namespace opaque
