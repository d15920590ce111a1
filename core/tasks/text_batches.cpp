#include "core/tasks/text_batches.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/error.hpp"

namespace weft {
namespace {

/// The texts of one step, and their sequences, which are closed at the end.
class Batch {
 public:
  explicit Batch(Session& session) : session_(session) {}
  Batch(const Batch&) = delete;
  ~Batch() {
    for (const StepItem& item : items_) (void)session_.close(item.sequence);
  }

  Status add(StepItem item, std::size_t text) {
    WEFT_TRY(item.sequence, session_.open());
    items_.push_back(item);
    texts_.push_back(text);
    return {};
  }
  Status run(const UseRows& use, const BatchOptions& options, std::size_t texts) const {
    const auto rows = session_.step(items_, 0, options.go_on);
    if (!rows.ok()) {
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].sequence == session_.failed_sequence()) return options.about(rows.status(), texts_[i], texts);
      }
      return rows.status();
    }
    const float* at = rows->data;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::size_t n = items_[i].all_rows ? items_[i].tokens.size() : 1;
      const std::span<const float> own(at, n * static_cast<std::size_t>(rows->width));
      if (Status s = use(texts_[i], own, rows->width); !s.ok()) return options.about(s, texts_[i], texts);
      at += own.size();
    }
    return {};
  }

 private:
  Session& session_;
  std::vector<StepItem> items_;
  std::vector<std::size_t> texts_;  // by item
};

}  // namespace

Status BatchOptions::about(const Status& status, std::size_t text, std::size_t texts) const {
  if (name) return status.with_context(name(text));
  return texts > 1 ? status.with_context(fmt::format("text {}", text + 1)) : status;
}

Status run_texts(Session& session, std::span<const StepItem> texts, const UseRows& use, const BatchOptions& options) {
  const auto size = [&](std::size_t text) { return std::ssize(texts[text].tokens); };
  const auto most = [](int64_t wanted, int64_t there) { return wanted > 0 ? std::min(wanted, there) : there; };
  const int64_t tokens = most(options.tokens, session.limits().step_tokens),
                sequences = most(options.sequences, session.limits().sequences);
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return size(a) < size(b); });
  for (std::size_t at = 0; at < order.size();) {
    Batch batch(session);
    int64_t count = 0, sum = 0;
    do {
      WEFT_CHECK_OK(batch.add(texts[order[at]], order[at]));
      sum += size(order[at]), ++count, ++at;
    } while (at < order.size() && count < sequences && size(order[at]) <= tokens - sum);
    WEFT_CHECK_OK(batch.run(use, options, texts.size()));
  }
  return {};
}

}  // namespace weft
