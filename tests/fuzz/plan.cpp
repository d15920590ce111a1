// Any program of a plan over four tensors: refused, or evaluated; where it has a row map, the map gives the same
// values.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdlib>

#include "core/weights/fake_plugins.hpp"
#include "core/weights/row_map.hpp"

namespace {

using namespace weft;
using namespace weft::testing_weights;

const Checkpoint& checkpoint() {
  static const TempFolder folder;
  static const std::shared_ptr<Checkpoint> opened = [] {
    folder.write("data.bin", std::string(64 + 16 + 8, 'x'));
    FakeFormat format{[](const weft_files&, const weft_format_sink& s) -> weft_status* {
                        const Described all[] = {{"a", WEFT_F32, {4, 4}, 0, 64},
                                                 {"b", WEFT_U8, {4, 4}, 64, 16},
                                                 {"c", WEFT_F16, {4}, 80, 8},
                                                 {"d", WEFT_U8, {0, int64_t{1} << 61}, 88, 0}};
                        for (const Described& t : all) {
                          if (weft_status* failed = s.tensor(s.ctx, &t.raw)) return failed;
                        }
                        return nullptr;
                      },
                      {}};
    auto c = open_fake(folder, format);
    return c.ok() ? *c : (std::abort(), nullptr);
  }();
  return *opened;
}

void compare(const Expression& e, const Checkpoint& c) {
  auto values = evaluate(e, c);
  const auto runs = row_map(e, c);
  if (!values.ok() || !runs) return;
  std::size_t at = 0;
  for (const RowRun& run : *runs) {
    std::vector<float> piece;
    if (run.quantised != nullptr) {
      piece.resize(run.count * run.quantised->cols());
      run.quantised->values(run.stored_row, run.count, piece.data());
    } else {
      const StoredTensor& t = c.tensors()[run.stored];
      const weft_slab slab = *c.slab(t, run.stored_row, run.count);
      const weft_dtype& d = *c.dtypes().find(t.dtype);
      piece.resize(run.count * t.cols());
      if (d.decode(d.self, &slab, run.count, t.cols(), piece.data()) != nullptr) std::abort();
    }
    if (at + piece.size() > values->size() ||
        std::memcmp(piece.data(), values->data() + at, piece.size() * sizeof(float)) != 0)
      std::abort();
    at += piece.size();
  }
  if (at != values->size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  Program program;
  while (in.remaining_bytes() > 0 && program.size() < 200) {
    weft_xnode x = step(in.ConsumeIntegralInRange<uint32_t>(0, 12), in.ConsumeIntegralInRange<uint32_t>(0, 4));
    x.axis = in.ConsumeIntegralInRange<uint32_t>(0, 9), x.stored = in.ConsumeIntegralInRange<uint32_t>(0, 4);
    x.n_arg = in.ConsumeIntegralInRange<uint32_t>(0, 9), x.dtype = in.ConsumeIntegralInRange<uint32_t>(0, 16);
    for (uint32_t i = 0; i < std::min(x.n_arg, 8u); ++i)
      x.arg[i] = in.ConsumeBool() ? in.ConsumeIntegralInRange<int64_t>(0, 8) : in.ConsumeIntegral<int64_t>();
    program.push_back(x);
  }
  for (const std::vector<int64_t>& dims : std::vector<std::vector<int64_t>>{
           {4, 4}, {2, 4}, {1, 4}, {4, 2}, {8, 4}, {4, 8}, {2, 4, 4}, {2, 2, 4},
           {4}, {16}, {8}, {1}, {}, {0, 4}, {4, 0}, {0}}) {
    auto plan = plan_with(checkpoint(), {{"p", dims, 0}}, [&](const weft_plan& p) -> weft_status* {
      for (uint32_t i = 0; i < 4; ++i) free_abi(p.ignore(p.ctx, i, to_str("")));
      return map_to(p, "p", program);
    });
    if (plan.ok()) compare(*plan->values[0], checkpoint());
  }
  return 0;
}
