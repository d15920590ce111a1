#include "core/text/normal_form.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>

#include "core/text/unicode.hpp"

namespace weft {
namespace {

// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
constexpr std::uint32_t kS = 0xAC00, kL = 0x1100, kV = 0x1161, kT = 0x11A7, kLs = 19, kVs = 21, kTs = 28;

struct Item {
  std::uint32_t code;
  std::ptrdiff_t change;  // as Rewriter::put takes it
  std::uint8_t order;     // canonical combining class
};

std::uint8_t combining_class(std::uint32_t code) {
  return code < 0x300 ? 0 : static_cast<std::uint8_t>(
                                utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class);
}

std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) { return static_cast<std::uint64_t>(a) << 32 | b; }

/// What two characters compose to: the inverse of those canonical decompositions that utf8proc composes.
const std::unordered_map<std::uint64_t, std::uint32_t>& compositions() {
  static const auto table = [] {
    std::unordered_map<std::uint64_t, std::uint32_t> pairs;
    // The blocks that have canonical decompositions.
    constexpr std::pair<std::uint32_t, std::uint32_t> kBlocks[] = {{0xC0, 0x3100}, {0x11000, 0x12000}};
    for (const auto& [first, last] : kBlocks) {
      for (std::uint32_t code = first; code < last; ++code) {
        const auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(code));
        if (property->decomp_type != 0 || property->decomp_seqindex == UINT16_MAX || property->comp_exclusion) continue;
        // A decomposition is full, so that the last character composes with all before it.
        utf8proc_int32_t parts[8];
        int last_class = 0;
        const auto n =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts, 8, UTF8PROC_DECOMPOSE, &last_class);
        if (n < 2 || n > 8) continue;
        std::uint8_t bytes[40];
        utf8proc_ssize_t size = 0;
        for (int i = 0; i + 1 < n; ++i) size += utf8proc_encode_char(parts[i], bytes + size);
        bytes[size] = 0;
        utf8proc_uint8_t* composed = utf8proc_NFC(bytes);
        if (composed == nullptr) continue;
        utf8proc_int32_t head = -1;
        const auto used = utf8proc_iterate(composed, -1, &head);
        if (used > 0 && composed[used] == 0) {
          pairs.emplace(pair_of(static_cast<std::uint32_t>(head), static_cast<std::uint32_t>(parts[n - 1])), code);
        }
        std::free(composed);
      }
    }
    return pairs;
  }();
  return table;
}

/// The second characters of all composing pairs: only these can change the character before.
const std::unordered_set<std::uint32_t>& composed_second() {
  static const auto codes = [] {
    std::unordered_set<std::uint32_t> out;
    for (const auto& [pair, composed] : compositions()) out.insert(static_cast<std::uint32_t>(pair));
    return out;
  }();
  return codes;
}

std::uint32_t compose(std::uint32_t a, std::uint32_t b) {  // 0: the two do not compose
  if (a >= kL && a < kL + kLs && b >= kV && b < kV + kVs) return kS + ((a - kL) * kVs + (b - kV)) * kTs;
  if (a >= kS && a < kS + kLs * kVs * kTs && (a - kS) % kTs == 0 && b > kT && b < kT + kTs) return a + (b - kT);
  const auto it = compositions().find(pair_of(a, b));
  return it == compositions().end() ? 0 : it->second;
}

/// Puts marks in order and, with `composes`, composes them with the character before. As in the reference, each mark is
/// tried against the last starter, unless a mark of its class or a higher one lies between.
class Sorter {
 public:
  Sorter(Rewriter& out, bool composes) : out_(out), composes_(composes) {}

  void add(const Item& item) {
    if (item.order != 0) return waiting_.push_back(item);
    flush();
    take(item);
  }
  void end() {
    flush();
    release();
  }

 private:
  void flush() {
    std::stable_sort(waiting_.begin(), waiting_.end(), [](const Item& a, const Item& b) { return a.order < b.order; });
    for (const Item& item : waiting_) take(item);
    waiting_.clear();
  }
  void take(const Item& item) {
    if (!composes_ || (!has_base_ && item.order != 0)) return out_.put(item.code, item.change);
    const bool blocked = !marks_.empty() && marks_.back().order >= item.order;
    const std::uint32_t composed = !has_base_ || blocked ? 0 : compose(base_.code, item.code);
    if (composed != 0) {
      base_.code = composed;
      base_.change += item.change - 1;
    } else if (item.order == 0) {
      release();
      base_ = item;
      has_base_ = true;
    } else {
      marks_.push_back(item);
    }
  }
  void release() {
    if (has_base_) out_.put(base_.code, base_.change);
    for (const Item& m : marks_) out_.put(m.code, m.change);
    marks_.clear();
    has_base_ = false;
  }

  Rewriter& out_;
  bool composes_;
  std::vector<Item> waiting_;  // marks since the last starter
  bool has_base_ = false;
  Item base_{};
  std::vector<Item> marks_;    // follow base_ and have not composed with it
};

/// Whether no byte begins a character that the form may change. Below U+0300 nothing composes or moves; compatibility
/// forms change characters from U+00A0 on.
bool is_plain(std::string_view text, UnicodeForm form) {
  const auto limit = form == UnicodeForm::kNfc ? 0xCC : form == UnicodeForm::kNfkc ? 0xC2 : 0x80;
  return std::all_of(text.begin(), text.end(), [limit](char c) { return static_cast<std::uint8_t>(c) < limit; });
}

/// Whether the character never changes or moves, whatever its neighbours are.
bool compute_stable(std::uint32_t code, UnicodeForm form) {
  if (combining_class(code) != 0) return false;
  const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  utf8proc_int32_t parts[32];
  int boundary = 0;
  if (!is_kept_by_normal_forms(code)) {
    const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts, 32, options, &boundary);
    if (n != 1 || static_cast<std::uint32_t>(parts[0]) != code) return false;
  }
  if (form == UnicodeForm::kNfd || form == UnicodeForm::kNfkd) return true;
  return !(code >= kV && code < kT + kTs) && !composed_second().contains(code);
}

/// Whether all characters are stable. Remembers compute_stable() of each character in two bits for each form: whether
/// it is known, and the answer.
bool all_stable(std::string_view text, UnicodeForm form) {
  static std::atomic<std::uint8_t> known[0x110000];
  const int shift = 2 * static_cast<int>(form);
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    text.remove_prefix(step.length);
    if (step.code < 0x80) continue;
    unsigned said = known[step.code].load(std::memory_order_relaxed) >> shift & 3u;
    if (said == 0) {
      said = compute_stable(step.code, form) ? 3u : 1u;
      known[step.code].fetch_or(static_cast<std::uint8_t>(said << shift), std::memory_order_relaxed);
    }
    if (said == 1) return false;
  }
  return true;
}

}  // namespace

void normalize_form(AlignedText& text, UnicodeForm form, bool tracked) {
  if (is_plain(text.bytes, form) || all_stable(text.bytes, form)) return;
  const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  const std::string_view old = text.bytes;
  Rewriter out(text, tracked);
  Sorter sorter(out, form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc);
  for_each_character(old, [&](std::uint32_t code, std::string_view) {
    utf8proc_int32_t parts[32];
    int boundary = 0;
    utf8proc_ssize_t n = 0;
    if (code >= 0x80 && !is_kept_by_normal_forms(code)) {
      n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), parts, 32, options, &boundary);
    }
    if (n <= 0 || n > 32) {
      parts[0] = static_cast<utf8proc_int32_t>(code);
      n = 1;
    }
    for (utf8proc_ssize_t i = 0; i < n; ++i) {
      const auto part = static_cast<std::uint32_t>(parts[i]);
      sorter.add({part, i == 0 ? 0 : 1, combining_class(part)});
    }
  });
  sorter.end();
  out.finish();
}

}  // namespace weft
