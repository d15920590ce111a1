#include "apps/weft/check/all_rules.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <string>

#include "weft/sdk/composites.hpp"
#include "weft/sdk/primitives.hpp"

namespace weft::app {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule>& made = []() -> std::vector<Rule>& {
    auto& rules = *new std::vector<Rule>(std::begin(kRules), std::end(kRules));
    auto& texts = *new std::deque<std::string>;
    for (std::span<const sdk::Op> table : {std::span<const sdk::Op>(sdk::kPrimitives), {sdk::kComposites}}) {
      for (const sdk::Op& op : table) {
        const std::string& name = texts.emplace_back(std::string(kOpPrefix) + std::string(op.name));
        const auto known = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.name == name; });
        if (known == rules.end())
          rules.push_back({name, "op", texts.emplace_back(std::string(op.name) + " computes what ops.md says of it.")});
      }
    }
    return rules;
  }();
  return made;
}

const Rule* find_rule(std::string_view name) {
  const auto& rules = all_rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& r) { return r.name == name; });
  return found != rules.end() ? &*found : nullptr;
}

}  // namespace weft::app
