// The global functions that every template has.
#include <ctime>

#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

using Kind = Value::Kind;

Value raise(Call& c) {
  Failure f{c[0] ? to_text(c.meter, *c[0]).take_bytes() : std::string("the template raised an exception")};
  f.raised = true;
  throw f;
}

Value time_text(Call& c) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char buffer[1024];
  const std::string& format = c.string(0, "strftime_now's format").text().bytes();
  const std::size_t n = std::strftime(buffer, sizeof buffer, format.c_str(), &local);
  if (n == 0 && !format.empty()) fail("strftime_now's format gives more than 1023 bytes");
  return Value::text(std::string(buffer, n));
}

/// The entries of the dict that dict() makes from its arguments.
Entries entries_of(Call& c) {
  Entries entries;
  if (c.args.list.size() > 1) fail("dict expected at most 1 argument, got " + std::to_string(c.args.list.size()));
  if (!c.args.list.empty() && c.args.list[0].is_dict()) {
    entries = c.args.list[0].entries();
  } else if (!c.args.list.empty()) {
    for (const Value& pair : elements(c.meter, c.args.list[0])) {
      const List two = elements(c.meter, pair);
      if (two.size() != 2) fail("dict wants pairs");
      entries.emplace_back(two[0], two[1]);
    }
  }
  for (const auto& [key, value] : c.args.named) entries.emplace_back(Value::text(key), value);
  return entries;
}

Value make_namespace(Call& c) {
  const auto space = std::make_shared<Namespace>();
  c.meter.take(10);
  for (const auto& [key, value] : entries_of(c)) {
    if (!key.is_string()) fail("a namespace's names are strings");
    space->set(key.text().bytes(), value);
  }
  return Value::shared(Kind::kNamespace, space);
}

Value range(Call& c) {
  const std::int64_t first = c.integer(0, 0, "a bound of range"), second = c.integer(1, 0, "a bound of range");
  const std::int64_t step = c.integer(2, 1, "range's step");
  if (step == 0) fail("range() arg 3 must not be zero");
  return c[1] ? Value::range(c.meter, first, second, step) : Value::range(c.meter, 0, first, step);
}

Value cycler(Call& c) {
  if (!c.args.named.empty()) fail("cycler takes no keyword arguments");
  if (c.args.list.empty()) fail("at least one item has to be provided");
  return Value::sequence(c.meter, c.args.list, Kind::kCycler);
}

Value joiner(Call& c) { return Value::sequence(c.meter, {c[0] ? *c[0] : Value::text(", ")}, Kind::kJoiner); }

Value refuse_lipsum(Call&) { fail("'lipsum' is refused: the same conversation must always give the same text"); }

constexpr Function kFunctions[] = {
    {"raise_exception", raise, 1, {"message"}},
    {"strftime_now", time_text, 1, {"format"}},
    {"namespace", make_namespace, 0, {}, Passing::kAny},
    {"dict", [](Call& c) { return Value::dict(c.meter, entries_of(c)); }, 0, {}, Passing::kAny},
    {"range", range, 1, {"start", "stop", "step"}, Passing::kByPlace},
    {"cycler", cycler, 0, {}, Passing::kAny},
    {"joiner", joiner, 0, {"sep"}},
    {"lipsum", refuse_lipsum, 0, {}, Passing::kAny}};

}  // namespace

std::span<const Function> global_functions() { return kFunctions; }

}  // namespace weft::jinja
