// Which of several plugins gets a thing that each says how well it can serve.
#pragma once

#include <string_view>

#include "core/base/error.hpp"
#include "core/plugins/registry.hpp"

namespace weft {

class Claims {
 public:
  static constexpr uint32_t kCertain = 100;  // the highest score

  /// Takes what `plugin` answered when `function` asked for its score. Whether it is the best so far. A plugin that
  /// fails, or scores more than kCertain, claims nothing.
  bool add(const Interface& plugin, std::string_view function, Status asked, uint32_t score) {
    if (asked.ok() && score > kCertain) {
      asked = error(Code::kInternal, "{}: {} scores {}, expected 0 to {}", plugin.plugin_id, function, score, kCertain);
    }
    if (!asked.ok()) {
      if (failure_.ok()) failure_ = std::move(asked);
      return false;
    }
    if (score > 0 && score == score_ && alike_ == nullptr) alike_ = &plugin;
    if (score <= score_) return false;
    best_ = &plugin, score_ = score, alike_ = nullptr;
    return true;
  }
  /// The plugin with the highest score; null: none claims it, and none failed. An error: the first failure where none
  /// claims it; FAILED_PRECONDITION where two claim it alike.
  Result<const Interface*> best() const {
    if (alike_ != nullptr) {
      return error(Code::kFailedPrecondition, "{} and {} claim it alike; disable one in weft.json", best_->plugin_id,
                   alike_->plugin_id);
    }
    if (best_ == nullptr && !failure_.ok()) return failure_;
    return best_;
  }

 private:
  const Interface *best_ = nullptr, *alike_ = nullptr;  // the first with the best score, and another one with it
  uint32_t score_ = 0;
  Status failure_;
};

}  // namespace weft
