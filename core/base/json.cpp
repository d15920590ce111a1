#include "core/base/json.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace weft {
namespace {

/// Where in the text an error is, for its message: the byte; or line and column, for texts that people write. Columns
/// count bytes. `position` is the number of bytes before the place, plus one.
std::string place(std::string_view text, std::size_t position, bool as_line) {
  if (!as_line) return fmt::format("byte {}", position);
  const std::string_view before = text.substr(0, position > 0 ? position - 1 : 0);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1,
                     before.size() - line_start + 1);
}

/// A float that Python's json module writes and JSON has no number for. The parser sees a null in its place: of all
/// nulls the one with the index `null`.
struct PythonFloat {
  std::size_t null;
  double value;
};

/// `text` with nulls in the place of these floats, which are added to `floats`. Lines stay as they are, and so do
/// columns where Python's usual space stands before a NaN.
std::string without_python_floats(std::string_view text, std::vector<PythonFloat>& floats) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::string out;
  out.reserve(text.size());
  std::size_t nulls = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char before = out.empty() ? '\0' : out.back();
    const auto stands = [&](std::string_view word) { return text.compare(i, word.size(), word) == 0; };
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i++, 2);
    } else if (!quoted && stands("null")) {
      ++nulls, i += 3, out += "null";
    } else if (!quoted && stands("Infinity")) {
      if (before == '-') out.back() = ' ';
      floats.push_back({nulls++, before == '-' ? -kInfinity : kInfinity});
      i += 7, out += "null    ";
    } else if (!quoted && stands("NaN")) {
      if (before == ' ') out.pop_back();
      floats.push_back({nulls++, std::numeric_limits<double>::quiet_NaN()});
      i += 2, out += "null";
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Builds the document from the parser's events. Members are appended, and their keys are compared only when the object
/// ends: a look-up for each key would make large headers take quadratic time.
template <class J>
class Builder : public nlohmann::json_sax<J> {
  using number_integer_t = typename J::number_integer_t;
  using number_unsigned_t = typename J::number_unsigned_t;
  using number_float_t = typename J::number_float_t;
  using string_t = typename J::string_t;
  using binary_t = typename J::binary_t;

 public:
  Builder(J& root, std::string_view text, const JsonLimits& limits, std::span<const PythonFloat> floats)
      : root_(root), text_(text), limits_(limits), floats_(floats) {}

  bool null() override {
    const std::size_t which = nulls_++;
    if (floats_.empty() || floats_.front().null != which) return put(nullptr);
    const double value = floats_.front().value;
    floats_ = floats_.subspan(1);
    return put(value);
  }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(v); }
  bool number_unsigned(number_unsigned_t v) override { return put(v); }
  bool number_float(number_float_t v, const string_t&) override { return put(v); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(J::object()); }
  bool start_array(std::size_t) override { return open(J::array()); }
  bool key(string_t& v) override {
    if (!count()) return false;
    levels_.back().key = std::move(v);
    return true;
  }
  bool end_object() override {
    Level& level = levels_.back();
    drop_duplicates(level.members);
    fill(level.container->template get_ref<typename J::object_t&>(), level.members);
    levels_.pop_back();
    return true;
  }
  bool end_array() override {
    levels_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    const std::string where = place(text_, position, limits_.by_line);
    if (dynamic_cast<const typename J::parse_error*>(&e) != nullptr) {
      failed_ = invalid("malformed JSON at {}", where);
    } else {  // a number is out of range
      failed_ = invalid("JSON value not representable at {} (error {})", where, e.id);
    }
    return false;
  }
  const Status& failed() const { return failed_; }

  ~Builder() override {
    for (Level& level : levels_) {
      for (auto& member : level.members) drain_json(member.second);
    }
  }

 private:
  // Members are kept here until their object ends: the keys inside an object are const, so that growing it would copy
  // them.
  using Members = std::vector<std::pair<std::string, J>>;
  struct Level {
    J* container;
    std::string key;  // the key of the next member
    Members members;
  };

  /// Adds the value to the innermost open container and returns its place.
  template <class T>
  J* add(T&& value) {
    if (levels_.empty()) return &(root_ = std::forward<T>(value));
    Level& level = levels_.back();
    if (level.container->is_array())
      return &level.container->template get_ref<typename J::array_t&>().emplace_back(std::forward<T>(value));
    return &level.members.emplace_back(std::move(level.key), std::forward<T>(value)).second;
  }
  bool count() {
    if (++values_ <= limits_.max_values) return true;
    failed_ = error(Code::kResourceExhausted, "JSON of more than {} keys and values", limits_.max_values);
    return false;
  }
  template <class T>
  bool put(T&& value) {
    if (!count()) return false;
    add(std::forward<T>(value));
    return true;
  }
  bool open(J container) {
    if (static_cast<int>(levels_.size()) >= limits_.max_depth) {
      failed_ = invalid("JSON nested deeper than {} levels", limits_.max_depth);
      return false;
    }
    if (!count()) return false;
    J* added = add(std::move(container));
    levels_.push_back({added, {}, {}});
    return true;
  }
  static void fill(Json::object_t& object, Members& members) {
    auto& pairs = static_cast<std::vector<std::pair<const std::string, Json>>&>(object);
    pairs.reserve(members.size());
    for (auto& [key, value] : members) pairs.emplace_back(std::move(key), std::move(value));
  }
  static void fill(SortedJson::object_t& object, Members& members) {
    for (auto& [key, value] : members) object.emplace(std::move(key), std::move(value));
  }
  /// Keeps each key at its first place, with its last value.
  static void drop_duplicates(Members& all) {
    if (all.size() < 2) return;
    std::unordered_map<std::string_view, std::size_t> first;
    first.reserve(all.size());
    std::vector<bool> again(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto [at, is_new] = first.emplace(all[i].first, i);
      if (!is_new) all[at->second].second.swap(all[i].second), again[i] = true;
    }
    if (first.size() == all.size()) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!again[i] && kept++ != i) all[kept - 1].swap(all[i]);
    }
    for (std::size_t i = kept; i < all.size(); ++i) drain_json(all[i].second);
    all.resize(kept);
  }

  J& root_;
  const std::string_view text_;
  const JsonLimits& limits_;
  std::span<const PythonFloat> floats_;  // the floats that are still to come
  std::size_t nulls_ = 0;                // how many nulls were parsed
  std::uint64_t values_ = 0;             // how many keys and values were parsed
  std::vector<Level> levels_;  // a container does not move while it is open, because its parent does not grow
  Status failed_;
};

template <class J>
Result<J> parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return error(Code::kResourceExhausted, "JSON of {} bytes, at most {} are read", text.size(),
                 limits.max_bytes);
  }
  // The parser takes a NUL for the end of the text and ignores what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid("malformed JSON at {}", place(text, nul + 1, limits.by_line));
  }
  J value;
  try {
    std::string changed;
    std::vector<PythonFloat> floats;
    if (limits.python && (text.find("Infinity") != text.npos || text.find("NaN") != text.npos)) {
      changed = without_python_floats(text, floats);
      text = changed;
    }
    Builder<J> builder(value, text, limits, floats);
    if (J::sax_parse(text, &builder, J::input_format_t::json, /*strict=*/true, limits.allow_comments)) return value;
    drain_json(value);
    return builder.failed().ok() ? invalid("malformed JSON") : builder.failed();
  } catch (const std::bad_alloc&) {
    drain_json(value);
    return error(Code::kResourceExhausted, "out of memory parsing {} bytes of JSON", text.size());
  }
}

template <class J>
void drain(J& value) noexcept {
  if (value.is_array()) {
    auto& items = value.template get_ref<typename J::array_t&>();
    for (J& item : items) drain(item);
    items.clear();
  } else if (value.is_object()) {
    auto& members = value.template get_ref<typename J::object_t&>();
    for (auto& member : members) drain(member.second);
    members.clear();
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) { return parse<Json>(text, limits); }
Result<SortedJson> parse_sorted_json(std::string_view text, const JsonLimits& limits) {
  return parse<SortedJson>(text, limits);
}
void drain_json(Json& value) noexcept { drain(value); }
void drain_json(SortedJson& value) noexcept { drain(value); }

}  // namespace weft
