#include "core/graph/dump.hpp"

#include <bit>

#include "core/base/error.hpp"
#include "core/graph/infer_context.hpp"
#include "weft/sdk/primitives.hpp"

namespace weft {
namespace {

// Writes one graph. `symbols` are the outermost graph's; where they are empty, symbols are written as $id.
class Writer {
 public:
  enum Bodies { kWhole, kAsHashes };
  Writer(const Graph& g, const std::vector<Symbol>& symbols, std::string indent, std::string& out,
         Bodies bodies = kWhole)
      : g_(g), symbols_(symbols), indent_(std::move(indent)), out_(out), bodies_(bodies) {}

  void write() {
    line("graph {} ({})", g_.name, ids(g_.inputs));
    for (std::size_t i = 0; i < g_.symbols.size(); ++i) {
      const Symbol& s = g_.symbols[i];
      line("  symbol ${} {} max {} op {} {} {} {}", i, s.name, s.max, s.op, id(s.a), id(s.b), s.k);
    }
    for (const Group& p : g_.groups) {
      line("  group {} kind {} block {} window {} {} {} symbols {} {}", p.name, p.kind,
           p.block_tokens, p.window, id(p.table), ids({p.base, p.len, p.slot, p.slot_in}),
           id(p.sym_blocks), id(p.sym_slots));
    }
    for (const State& s : g_.states) {
      line("  state {} {} group {} dtype {} {} fill {:x}", s.name, id(s.value), s.group, s.dtype,
           dims(s.dims), std::bit_cast<std::uint64_t>(s.fill));
    }
    for (std::size_t i = 0; i < g_.values.size(); ++i) {
      if (g_.values[i].kind != WEFT_TEMP) leaf(i);
    }
    for (const Node& n : g_.nodes) node(n);
    for (std::size_t i = 0; i < g_.outputs.size(); ++i) {
      line("  output {} {}", i < g_.output_names.size() ? g_.output_names[i] : "",
           id(g_.outputs[i]));
    }
    for (std::size_t i = 0; i < g_.bodies.size(); ++i) {
      if (bodies_ == kAsHashes) {
        line("  body {} {:x} {:x}", i + 1, g_.bodies[i]->hash[0], g_.bodies[i]->hash[1]);
        continue;
      }
      line("  body {}", i + 1);
      Writer(*g_.bodies[i], symbols_, indent_ + "    ", out_).write();
    }
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ += indent_;
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  static std::string id(std::uint32_t v) { return v == WEFT_NONE ? "-" : fmt::format("%{}", v); }
  static std::string ids(const std::vector<std::uint32_t>& vs) {
    std::string s;
    for (std::uint32_t v : vs) s += (s.empty() ? "" : " ") + id(v);
    return s;
  }
  std::string dims(const Dims& ds) const {
    std::string s;
    for (std::int64_t d : ds) {
      s += s.empty() ? "[" : ",";
      const auto symbol = static_cast<std::size_t>(~d);
      s += d >= 0                     ? std::to_string(d)
           : symbol < symbols_.size() ? symbols_[symbol].name
                                      : fmt::format("${}", symbol);
    }
    return s.empty() ? "[]" : s + "]";
  }
  std::string type(const Value& v) const { return std::string(dtype_text(v.dtype)) + dims(v.dims); }
  void leaf(std::size_t i) {
    static constexpr const char* kKinds[] = {"?", "input", "param", "state", "const"};
    const Value& v = g_.values[i];
    std::string data;
    if (v.data && v.data->size() > 16) {
      data = " " + text(hash({reinterpret_cast<const char*>(v.data->data()), v.data->size()}));
    } else if (v.data) {
      data = " 0x";
      for (std::byte b : *v.data) data += fmt::format("{:02x}", std::to_integer<unsigned>(b));
    }
    line("  {} %{} {} {} {}{}", kKinds[v.kind < 5 ? v.kind : 0], i, v.name, type(v), id(v.index),
         data);
  }
  /// Whether the attribute's symbols are to be written by their names: where the text is hashed.
  bool sizes(const Node& n, const Attr& a) const {
    const sdk::Op* op = bodies_ == kAsHashes ? sdk::find_op(sdk::kPrimitives, n.op, n.version) : nullptr;
    const sdk::OpAttribute* row = op != nullptr ? op->attribute(a.key) : nullptr;
    return row != nullptr && (row->type == sdk::OpAttribute::kSize || row->type == sdk::OpAttribute::kSizes);
  }
  void node(const Node& n) {
    std::string outs, attrs;
    for (std::uint32_t o : n.out) {
      const Value& v = g_.values[o];
      outs += fmt::format("%{} {}{}", o, v.name, v.name.empty() ? "" : " ") + type(v);
      outs += v.index == WEFT_NONE ? " " : fmt::format(" state {} ", v.index);
    }
    for (const Attr& a : n.attrs) {
      attrs += fmt::format(" {}=", a.key);
      if (const auto* i = std::get_if<std::vector<std::int64_t>>(&a.value); i != nullptr && sizes(n, a)) {
        attrs += dims(*i);
      } else if (i != nullptr) {
        attrs += fmt::format("[{}]", fmt::join(*i, ","));
      } else if (const auto* f = std::get_if<std::vector<double>>(&a.value)) {
        attrs += fmt::format("f[{}]", fmt::join(*f, ","));  // the shortest text that reads back
      } else {
        const auto& s = std::get<std::string>(a.value);
        attrs += fmt::format("\"{}:{}\"", s.size(), s);
      }
    }
    line("  {}= {}/{} {}{}{}", outs, n.op, n.version, ids(n.in), attrs,
         n.body ? fmt::format(" body {}", n.body) : "");
  }

  const Graph& g_;
  const std::vector<Symbol>& symbols_;
  std::string indent_;
  std::string& out_;
  Bodies bodies_;
};

}  // namespace

std::string dump(const Graph& graph) {
  std::string out;
  Writer(graph, graph.symbols, "", out).write();
  return out;
}

Hash128 hash(std::string_view bytes) {
  using U128 = unsigned __int128;
  U128 h = (U128{0x6c62272e07bb0142} << 64) | U128{0x62b821756295c58d};
  const U128 prime = (U128{1} << 88) | U128{0x13b};
  for (char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * prime;
  return {static_cast<std::uint64_t>(h >> 64), static_cast<std::uint64_t>(h)};
}
Hash128 hash(const Graph& graph) { return hash(dump(graph)); }

Hash128 body_hash(const Graph& body, const std::vector<Symbol>& symbols) {
  std::vector<Symbol> named = symbols;  // by the hash of what they stand for: a name may look like a formula
  for (Symbol& s : named) {
    const auto side = [&](std::uint32_t id) { return id < named.size() ? named[id].name : std::string(); };
    const std::string meaning =
        s.op == WEFT_SYM_FREE ? "free " + s.name : fmt::format("{} {} {} {}", s.op, side(s.a), side(s.b), s.k);
    s.name = text(hash(meaning));
  }
  std::string out;
  Writer(body, named, "", out, Writer::kAsHashes).write();
  return hash(out);
}
std::string text(const Hash128& h) { return fmt::format("{:016x}{:016x}", h.hi, h.lo); }

}  // namespace weft
