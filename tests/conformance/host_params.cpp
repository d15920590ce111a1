#include "tests/conformance/host_params.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"

namespace weft::conformance {

Array Stored::values() const {
  const int64_t K = dims.back();
  const auto rows = static_cast<uint64_t>(elements(dims) / K);
  weft_slab slab{};
  slab.plane[0] = const_cast<uint8_t*>(bytes.data()), slab.row_pitch[0] = pitch(),
  slab.col_pitch[0] = dtype->plane[0].bytes;
  Floats read(static_cast<std::size_t>(elements(dims))), y(read.size());
  if (dtype->decode(dtype->self, &slab, rows, static_cast<uint64_t>(K), read.data()) != nullptr) return {};
  for (std::size_t i = 0; i < read.size(); ++i) {
    const std::size_t row = i / static_cast<std::size_t>(K) * static_cast<std::size_t>(K), place = i - row;
    y[row + (order.empty() ? place : static_cast<std::size_t>(order[place]))] = read[i];
  }
  return f32(dims, y);
}

Result<std::unique_ptr<HostParams>> HostParams::create(const ParamTable& table,
                                                       const std::map<std::string, Array>& arrays,
                                                       const std::map<std::string, Stored>& stored) {
  std::unique_ptr<HostParams> made(new HostParams);
  for (const ParamDecl& decl : table.all()) {
    const auto blocks = stored.find(decl.name);
    const auto it = arrays.find(decl.name);
    if (blocks == stored.end() && it == arrays.end()) return invalid("parameter {} is not given", decl.name);
    const Array array = blocks != stored.end() ? blocks->second.values() : it->second;
    if (array.dims != decl.dims || array.dtype() != WEFT_F32)
      return invalid("parameter {} is not given as the graph wants it", decl.name);
    Param p{decl.name, array, {}, decl.uses};
    if (blocks != stored.end()) p.stored = blocks->second;
    p.row_elems = decl.dims.empty() ? 1 : static_cast<uint64_t>(decl.dims.back());
    for (std::size_t i = 0; i + 1 < decl.dims.size(); ++i) p.rows *= static_cast<uint64_t>(decl.dims[i]);
    made->params_.push_back(std::move(p));
  }
  made->abi_.count = made->params_.size();
  return made;
}

weft_slab HostParams::slab(Param& param, uint64_t row) {
  weft_slab s{};
  if (param.stored) {
    s.plane[0] = param.stored->bytes.data() + row * param.stored->pitch();
    s.row_pitch[0] = param.stored->pitch(), s.col_pitch[0] = param.stored->dtype->plane[0].bytes;
    return s;
  }
  s.plane[0] = static_cast<float*>(param.array.data()) + row * param.row_elems;
  s.row_pitch[0] = param.row_elems * sizeof(float);
  s.col_pitch[0] = sizeof(float);
  return s;
}

HostParams::HostParams() {
  abi_.hdr.struct_size = WEFT_END(weft_params, order);
  abi_.ctx = this;
  abi_.info = [](void* ctx, uint64_t i, weft_param* out) {
    return guard_abi([&] {
      const Param& p = static_cast<HostParams*>(ctx)->params_.at(i);
      out->name = to_str(p.name);
      out->dtype = p.stored ? p.stored->dtype->id : uint32_t{WEFT_F32};
      out->rank = static_cast<uint32_t>(p.array.dims.size());
      out->uses = p.uses;
      out->dims = p.array.dims.data();
      out->rows = p.rows, out->row_elems = p.row_elems;
      out->key[0] = out->key[1] = 0;
      return Status();
    });
  };
  abi_.map = [](void* ctx, uint64_t i, uint64_t row, uint64_t* rows, weft_slab* out) {
    return guard_abi([&] {
      Param& p = static_cast<HostParams*>(ctx)->params_.at(i);
      if (row > p.rows) return error(Code::kOutOfRange, "row {} of {}", row, p.rows);
      *rows = 0;
      if (p.stored && (!p.stored->in_place || row >= p.stored->unmapped_from)) return Status();
      *rows = (p.stored ? std::min(p.rows, p.stored->unmapped_from) : p.rows) - row;
      *out = slab(p, row);
      return Status();
    });
  };
  abi_.read = [](void* ctx, uint64_t i, uint32_t as, uint64_t row, uint64_t rows, const weft_slab* dst) {
    return guard_abi([&] {
      Param& p = static_cast<HostParams*>(ctx)->params_.at(i);
      if (row > p.rows || rows > p.rows - row)
        return error(Code::kOutOfRange, "rows {} and {} more of {}", row, rows, p.rows);
      if (p.stored && as == p.stored->dtype->id) {
        for (uint64_t r = 0; r < rows; ++r) {
          std::memcpy(static_cast<uint8_t*>(dst->plane[0]) + r * dst->row_pitch[0], slab(p, row + r).plane[0],
                      p.stored->pitch());
        }
        return Status();
      }
      if (as != WEFT_F32) return error(Code::kUnimplemented, "parameters of tests are read as f32");
      for (uint64_t r = 0; r < rows; ++r) {
        for (uint64_t c = 0; c < p.row_elems; ++c) {
          auto* to = static_cast<uint8_t*>(dst->plane[0]) + r * dst->row_pitch[0] + c * sizeof(float);
          std::memcpy(to, static_cast<const float*>(p.array.data()) + (row + r) * p.row_elems + c, sizeof(float));
        }
      }
      return Status();
    });
  };
  abi_.done = [](void*, uint64_t, uint64_t, uint64_t) {};
  abi_.order = [](void* ctx, uint64_t i, uint64_t, const int32_t** out) {
    return guard_abi([&] {
      const Param& p = static_cast<HostParams*>(ctx)->params_.at(i);
      *out = p.stored && !p.stored->order.empty() ? p.stored->order.data() : nullptr;
      return Status();
    });
  };
}

}  // namespace weft::conformance
