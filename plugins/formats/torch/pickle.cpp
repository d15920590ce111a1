#include "plugins/formats/torch/pickle.hpp"

#include <algorithm>

#include "plugins/formats/torch/globals.hpp"

namespace weft::torch {
namespace {

// A pickle beyond these limits is refused; a file of 50000 tensors stays below all of them.
constexpr std::size_t kMaxPickle = 64u << 20, kMaxValues = 1000000, kMaxStack = 100000, kMaxMarks = 64,
                      kMaxMemo = 2000000;
constexpr uint64_t kMaxString = 4096, kMaxGlobal = 256;
constexpr uint32_t kNone = 0, kFalse = 1, kTrue = 2;  // the numbers of the values that every pickle has

class Machine {
 public:
  explicit Machine(Cursor& c) : c_(c), begin_(c.at()) {
    values_.resize(3);
    values_[kFalse].kind = values_[kTrue].kind = Kind::kBool;
    values_[kTrue].integer = 1;
  }

  Pickle run() {
    while (step(c_.number<uint8_t>("opcode"))) {
      if (c_.at() - begin_ > kMaxPickle) c_.refuse("a pickle of more than " + std::to_string(kMaxPickle) + " bytes");
    }
    const uint32_t root = pop();
    if (!stack_.empty() || !marks_.empty()) c_.refuse("the pickle ends with values left over");
    return {std::move(values_), root};
  }

 private:
  /// Carries out an opcode; false at the end of the pickle.
  bool step(uint8_t op) {
    switch (op) {
      case 0x80: version(); break;
      case 0x95: c_.number<uint64_t>("frame"); break;
      case '.': return false;
      case '(': mark(); break;
      case 'N': push(kNone); break;
      case 0x88: push(kTrue); break;
      case 0x89: push(kFalse); break;
      case 'K': integer(c_.number<uint8_t>("integer")); break;
      case 'M': integer(c_.number<uint16_t>("integer")); break;
      case 'J': integer(c_.number<int32_t>("integer")); break;
      case 0x8a: long_integer(); break;
      case 'G': c_.take(8, "float"), push(add({.kind = Kind::kFloat})); break;
      case 'X': case 'T': string(c_.number<uint32_t>("length")); break;
      case 'U': case 0x8c: string(c_.number<uint8_t>("length")); break;
      case 0x8d: string(c_.number<uint64_t>("length")); break;
      case ')': push(add({.kind = Kind::kTuple})); break;
      case 0x85: case 0x86: case 0x87: collect(Kind::kTuple, op - 0x84u); break;
      case 't': collect(Kind::kTuple, marked()); break;
      case ']': push(add({.kind = Kind::kList})); break;
      case '}': push(add({.kind = Kind::kDict})); break;
      case 'a': extend(Kind::kList, 1); break;
      case 'e': extend(Kind::kList, marked()); break;
      case 's': extend(Kind::kDict, 2); break;
      case 'u': extend(Kind::kDict, marked()); break;
      case 'c': global(); break;
      case 0x93: stack_global(); break;
      case 'R': call(); break;
      case 'Q': push(add(find_storage(c_, values_, pop()))); break;
      case 'b': build(); break;
      case 'q': remember(c_.number<uint8_t>("memo")); break;
      case 'r': remember(c_.number<uint32_t>("memo")); break;
      case 0x94: remember(static_cast<uint32_t>(memo_.size())); break;
      case 'h': recall(c_.number<uint8_t>("memo")); break;
      case 'j': recall(c_.number<uint32_t>("memo")); break;
      default: c_.refuse("the opcode " + std::to_string(op) + ", which no checkpoint of tensors needs");
    }
    return true;
  }

  uint32_t add(Value v) {
    if (values_.size() >= kMaxValues) c_.refuse("more than " + std::to_string(kMaxValues) + " values");
    values_.push_back(std::move(v));
    return static_cast<uint32_t>(values_.size() - 1);
  }
  void push(uint32_t v) {
    if (stack_.size() >= kMaxStack) c_.refuse("a stack of more than " + std::to_string(kMaxStack) + " values");
    stack_.push_back(v);
  }
  /// The lowest place of the stack that may be used: what lies below the last mark is out of reach.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  uint32_t pop() {
    if (stack_.size() <= floor()) c_.refuse("takes a value from an empty stack");
    const uint32_t v = stack_.back();
    stack_.pop_back();
    return v;
  }
  uint32_t top() const {
    if (stack_.size() <= floor()) c_.refuse("uses a value of an empty stack");
    return stack_.back();
  }
  void mark() {
    if (marks_.size() >= kMaxMarks) c_.refuse("marks nested deeper than " + std::to_string(kMaxMarks));
    marks_.push_back(stack_.size());
  }
  /// Removes the last mark, and returns how many values lie above it.
  std::size_t marked() {
    if (marks_.empty()) c_.refuse("goes back to a mark that is not there");
    const std::size_t n = stack_.size() - marks_.back();
    marks_.pop_back();
    return n;
  }

  void version() {
    const auto v = c_.number<uint8_t>("protocol");
    if (v > 5) c_.refuse("pickle protocol " + std::to_string(v) + ", at most 5 is known");
  }
  void integer(int64_t v) { push(add({.kind = Kind::kInteger, .integer = v})); }
  void long_integer() {
    const auto bytes = c_.number<uint8_t>("length");
    if (bytes > 8) c_.refuse("an integer of " + std::to_string(bytes) + " bytes, at most 8");
    const std::string_view digits = c_.take(bytes, "integer");
    uint64_t v = bytes > 0 && (digits.back() & 0x80) ? ~uint64_t{0} : 0;
    for (std::size_t i = digits.size(); i-- > 0;) v = v << 8 | static_cast<uint8_t>(digits[i]);
    integer(static_cast<int64_t>(v));
  }
  void string(uint64_t bytes) {
    if (bytes > kMaxString)
      c_.refuse("a string of " + std::to_string(bytes) + " bytes, at most " + std::to_string(kMaxString));
    push(add({.kind = Kind::kString, .text = c_.take(bytes, "string")}));
  }
  void need(std::size_t n) const {
    if (stack_.size() - floor() < n)
      c_.refuse("takes " + std::to_string(n) + " values, the stack has " + std::to_string(stack_.size() - floor()));
  }
  void collect(Kind kind, std::size_t n) {
    need(n);
    Value v{.kind = kind, .items = {stack_.end() - static_cast<std::ptrdiff_t>(n), stack_.end()}};
    stack_.resize(stack_.size() - n);
    push(add(std::move(v)));
  }
  /// Moves the last n values into the list or dict below them.
  void extend(Kind kind, std::size_t n) {
    need(n + 1);
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(n);
    Value& into = values_[*(first - 1)];
    if (into.kind != kind) c_.refuse(std::string("adds to a ") + name_of(into.kind) + " as to a " + name_of(kind));
    if (kind == Kind::kDict && n % 2 != 0) c_.refuse("a key without a value");
    into.items.insert(into.items.end(), first, stack_.end());
    stack_.resize(stack_.size() - n);
  }
  void global() {
    const std::string_view module = c_.line("module", kMaxGlobal), name = c_.line("name", kMaxGlobal);
    push(add(find_global(c_, module, name)));
  }
  void stack_global() {
    const uint32_t name = pop(), module = pop();
    if (values_[name].kind != Kind::kString || values_[module].kind != Kind::kString)
      c_.refuse("a global whose name is no string");
    push(add(find_global(c_, values_[module].text, values_[name].text)));
  }
  void call() {
    const uint32_t arguments = pop(), function = pop();
    push(add(call_global(c_, values_, function, arguments)));
  }
  /// Drops the attributes of a dict (a state_dict's _metadata), which say nothing about tensors.
  void build() {
    const uint32_t state = pop(), object = top();
    if (values_[object].kind != Kind::kDict || values_[state].kind != Kind::kDict) {
      c_.refuse(std::string("sets the state of a ") + name_of(values_[object].kind) + " from a " +
                name_of(values_[state].kind));
    }
  }
  /// Writers number their memo one by one, from 0 or from 1 on; a number beyond the next but one is refused.
  void remember(uint32_t i) {
    const std::size_t most = std::min(memo_.size() + 1, kMaxMemo - 1);
    if (i > most) c_.refuse("memo " + std::to_string(i) + ", expected at most " + std::to_string(most));
    if (i >= memo_.size()) memo_.resize(i + 1, kNone);
    memo_[i] = top();
  }
  void recall(uint32_t i) {
    if (i >= memo_.size()) c_.refuse("memo " + std::to_string(i) + " is not there");
    push(memo_[i]);
  }

  Cursor& c_;
  uint64_t begin_;
  std::vector<Value> values_;
  std::vector<uint32_t> stack_, memo_;
  std::vector<std::size_t> marks_;
};

}  // namespace

Pickle read_pickle(Cursor& c) { return Machine(c).run(); }

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kNone: return "None";
    case Kind::kBool: return "bool";
    case Kind::kInteger: return "whole number";
    case Kind::kFloat: return "float";
    case Kind::kString: return "string";
    case Kind::kTuple: return "tuple";
    case Kind::kList: return "list";
    case Kind::kDict: return "dict";
    case Kind::kFunction: return "function";
    case Kind::kStorageType: return "type of storage";
    case Kind::kDtype: return "dtype";
    case Kind::kStorage: return "storage";
    case Kind::kTensor: return "tensor";
  }
  return "value";
}

}  // namespace weft::torch
