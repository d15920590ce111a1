#include "apps/weft/check/timings.hpp"

#include <algorithm>
#include <chrono>

#include "apps/weft/check/child.hpp"
#include "apps/weft/check/samples.hpp"
#include "core/base/error.hpp"
#include "core/device/graph_instance.hpp"
#include "core/graph/builder.hpp"
#include "core/model/interfaces.hpp"
#include "weft/blocks/norm.hpp"
#include "weft/sdk/graph.hpp"

namespace weft::app {
namespace {

constexpr int64_t kWidth = 1024;  // of x [T, kWidth] and of the weights [kWidth, kWidth]

struct Timed {
  const char* op;
  int64_t tokens;
};
constexpr Timed kTimed[] = {{"matmul", 1}, {"matmul", 64}, {"softmax", 64}, {"add", 64}, {"exp", 64}};

/// A model with one parameter, the f32 matrix "w".
class OneWeight {
 public:
  OneWeight() : values_(kWidth * kWidth) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = static_cast<float>(i % 31) / 64 - 0.25f;
  }
  OneWeight(const OneWeight&) = delete;
  const weft_params* abi() const { return &table_; }

 private:
  static constexpr int64_t kDims[] = {kWidth, kWidth};
  static constexpr uint64_t kPitch = kWidth * sizeof(float);

  static weft_status* info(void*, uint64_t, weft_param* out) {
    const weft_hdr hdr = out->hdr;
    *out = {hdr, to_str("w"), WEFT_F32, 2, WEFT_USE_MATMUL_T, 0, kDims, kWidth, kWidth, {0, 0}};
    return nullptr;
  }
  static weft_status* map(void* ctx, uint64_t, uint64_t row, uint64_t* rows, weft_slab* out) {
    *rows = kWidth - row;
    *out = {{static_cast<OneWeight*>(ctx)->values_.data() + row * kWidth}, {kPitch}, {sizeof(float)}};
    return nullptr;
  }
  static weft_status* read(void* ctx, uint64_t, uint32_t as, uint64_t row, uint64_t rows, const weft_slab* dst) {
    if (as != WEFT_F32) return to_abi(Code::kUnimplemented, "the weight is read as f32 alone");
    const float* from = static_cast<OneWeight*>(ctx)->values_.data() + row * kWidth;
    for (uint64_t i = 0; i < rows; ++i, from += kWidth)
      std::copy(from, from + kWidth, reinterpret_cast<float*>(static_cast<char*>(dst->plane[0]) +
                                                              i * dst->row_pitch[0]));
    return nullptr;
  }
  std::vector<float> values_;
  const weft_params table_{{WEFT_END(weft_params, order), 0}, this, 1, info, map, read,
                           [](void*, uint64_t, uint64_t, uint64_t) {},
                           [](void*, uint64_t, uint64_t, const int32_t** out) -> weft_status* {
                             return *out = nullptr, nullptr;
                           }};
};

Result<Graph> graph_of(const Timed& timed, const weft_host* host) {
  ParamTable params;
  GraphBuilder builder({.name = "step", .params = &params, .symbol_max = [&](std::string_view) {
                          return timed.tokens;
                        }});
  WEFT_CHECK_OK(from_abi(sdk::guard(host, [&] {
    sdk::Graph g(*builder.abi());
    const std::string_view op = timed.op;
    const sdk::Tensor x = g.input("x", WEFT_F32, {g.symbol("T"), kWidth});
    g.output("y", op == "matmul"    ? g.matmul(x, g.param("w", {kWidth, kWidth}), true)
                  : op == "softmax" ? blocks::softmax(g, x)
                  : op == "add"     ? g.add(x, x)
                                    : g.exp(x));
  })));
  return builder.finish();
}

/// The shortest run, in seconds; 0: the device does not run it.
double time_on(const BackendTable& table, uint32_t index, const Timed& timed, const weft_host* host) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kLong = std::chrono::milliseconds(200);  // longer: less noise
  static const OneWeight& weight = *new OneWeight;
  const auto device = Device::open(table, index, "");
  const auto graph = graph_of(timed, host);
  if (!device.ok() || !graph.ok()) return 0;
  auto store = Store::create(*device, weight.abi(), WEFT_PRECISION_DEFAULT);
  if (!store.ok()) return 0;
  const auto made = compile_graph(*graph, {*store}, {.strict = true});
  if (!made.ok()) return 0;
  auto instance = GraphInstance::create(*made);
  if (!instance.ok()) return 0;
  float* const x = (*instance)->f32_input("x");
  for (int64_t i = 0; i < timed.tokens * kWidth; ++i) x[i] = static_cast<float>(i % 17) / 8 - 1;
  double best = 0;
  for (const auto end = Clock::now() + kLong; best == 0 || Clock::now() < end;) {
    const auto begin = Clock::now();
    if (!(*instance)->run(FreeSizes{{"T", timed.tokens}}).ok()) return 0;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = best == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

BackendTable table_of(const Interface& i) {
  return {i.plugin_id, static_cast<const weft_backend*>(i.table), i.self, i.watched};
}

/// In the child.
void time_all(const Subject& subject, const SendLine& send) {
  Reporter none([](const std::string&) {}, {});
  const auto engine = engine_with(subject, none);
  if (!engine.ok()) return;
  const auto backends = (*engine)->plugins().interfaces(kBackends);
  const Interface* const reference = find_named(backends, "reference");
  const weft_host* const host = (*engine)->host().table();
  for (const Interface& i : backends) {
    if (i.plugin_id != subject.manifest.id) continue;
    const BackendTable table = table_of(i);
    for (uint32_t d = 0; d < device_count(table); ++d) {
      for (const Timed& timed : kTimed) {
        const double own = time_on(table, d, timed, host);
        const double other = reference != nullptr ? time_on(table_of(*reference), 0, timed, host) : 0;
        const bool product = std::string_view(timed.op) == "matmul";
        send(as_json(Timing{d == 0 ? i.name : fmt::format("{}:{}", i.name, d), timed.op,
                            fmt::format("[{}, {}]{}", timed.tokens, kWidth,
                                        product ? fmt::format(" x [{}, {}]", kWidth, kWidth) : ""),
                            own, other})
                 .dump());
      }
    }
  }
}

}  // namespace

Result<std::vector<Timing>> time_ops(const Subject& subject) {
  constexpr std::chrono::minutes kLimit{2};
  std::vector<Timing> all;
  WEFT_TRY(const ChildEnd end, run_in_child(
                                   kLimit, [&](const SendLine& send) { time_all(subject, send); },
                                   [&](std::string_view line) {
                                     const auto j = parse_json(line);
                                     if (!j.ok() || !j->is_object()) return;
                                     all.push_back({j->value("backend", ""), j->value("op", ""),
                                                    j->value("shape", ""), j->value("seconds", 0.0),
                                                    j->value("reference_seconds", 0.0)});
                                   }));
  if (end.kind != ChildEnd::Kind::kDone) return error(Code::kUnavailable, "timing the plugin: it {}", end.text());
  return all;
}

Json as_json(const Timing& t) {
  return {{"backend", t.backend},
          {"op", t.op},
          {"shape", t.shape},
          {"seconds", t.seconds},
          {"reference_seconds", t.reference_seconds}};
}

std::string as_text(const std::vector<Timing>& timings) {
  std::string out;
  for (const Timing& t : timings) {
    const std::string what = fmt::format("{} {} {}", t.backend, t.op, t.shape);
    if (t.seconds == 0)
      out += fmt::format("  {:<48} not run\n", what);
    else if (t.reference_seconds == 0)
      out += fmt::format("  {:<48} {:9.1f} us\n", what, t.seconds * 1e6);
    else
      out += fmt::format("  {:<48} {:9.1f} us, {:.1f} times as fast as reference\n", what, t.seconds * 1e6,
                         t.reference_seconds / t.seconds);
  }
  return out;
}

}  // namespace weft::app
