// The plugin side of weft.converter: reading a checkpoint's description and writing a plan.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "weft/abi/converter.h"
#include "weft/sdk/json.hpp"
#include "weft/sdk/json_writer.hpp"
#include "weft/sdk/strided.hpp"

namespace weft::sdk {

struct TensorInfo {
  std::string_view name;
  uint32_t dtype = 0;
  std::vector<int64_t> dims;
};

class Checkpoint {
 public:
  explicit Checkpoint(const weft_checkpoint& api) : api_(api) {}
  std::string_view format() const { return view(api_.format); }
  uint32_t size() const { return api_.n_tensors; }
  TensorInfo tensor(uint32_t i) const {
    weft_tensor t{};
    t.hdr = WEFT_HDR(weft_tensor, dims);
    check(api_.tensor(api_.ctx, i, &t));
    return {view(t.name), t.dtype, std::vector<int64_t>(t.dims, t.dims + t.rank)};
  }
  uint32_t find(std::string_view name) const { return api_.find(api_.ctx, str(name)); }
  bool has(std::string_view name) const { return find(name) != WEFT_NONE; }
  Json metadata() const { return Json(api_.metadata); }
  /// A JSON file of the folder; absent when there is none.
  Json json_file(std::string_view name) const {
    return given_json([&](const weft_json** out) { return api_.json_file(api_.ctx, str(name), out); });
  }
  /// The bytes of a small u8 tensor as JSON.
  Json json_tensor(uint32_t i) const {
    return given_json([&](const weft_json** out) { return api_.json_tensor(api_.ctx, i, out); });
  }
  /// Whether every byte of a tensor is zero.
  bool all_zero(uint32_t i) const {
    const void* data = nullptr;
    uint64_t size = 0;
    check(api_.bytes(api_.ctx, i, &data, &size));
    const auto* bytes = static_cast<const uint8_t*>(data);
    return std::all_of(bytes, bytes + size, [](uint8_t b) { return b == 0; });
  }
  /// Whether two tensors hold the same bytes; true without looking when their dtypes differ.
  bool same_bytes(uint32_t a, uint32_t b) const {
    if (tensor(a).dtype != tensor(b).dtype) return true;
    const void *x = nullptr, *y = nullptr;
    uint64_t x_size = 0, y_size = 0;
    check(api_.bytes(api_.ctx, a, &x, &x_size));
    check(api_.bytes(api_.ctx, b, &y, &y_size));
    return x_size == y_size && std::memcmp(x, y, x_size) == 0;
  }

 private:
  const weft_checkpoint& api_;
};

/// A parameter's value as a postfix program, built by chaining.
class Expression {
 public:
  Expression slice(uint32_t axis, int64_t start, int64_t size) const {
    Expression s = *this;
    weft_xnode& x = s.push(WEFT_X_SLICE, 1);
    x.axis = axis, x.n_arg = 2, x.arg[0] = start, x.arg[1] = size;
    return s;
  }
  Expression reshape(const std::vector<int64_t>& dims) const { return with_list(WEFT_X_RESHAPE, dims); }
  Expression permute(const std::vector<int64_t>& axes) const { return with_list(WEFT_X_PERMUTE, axes); }
  Expression scale(double v) const { return with_scalar(WEFT_X_SCALE, v); }
  Expression offset(double v) const { return with_scalar(WEFT_X_OFFSET, v); }
  Expression transpose() const { return permute({1, 0}); }

  static Expression tensor(uint32_t index) {
    Expression s;
    s.push(WEFT_X_STORED, 0).stored = index;
    return s;
  }
  static Expression concat(const std::vector<Expression>& parts, uint32_t axis) {
    return join(WEFT_X_CONCAT, parts, axis);
  }
  static Expression stack(const std::vector<Expression>& parts, uint32_t axis) {
    return join(WEFT_X_STACK, parts, axis);
  }

  /// One weight that several tensors hold together: `arg` as WEFT_QUANT_* says.
  static Expression dequant(const std::vector<uint32_t>& tensors, const std::vector<int64_t>& arg, double scalar = 1) {
    Expression s;
    for (uint32_t t : tensors) s.push(WEFT_X_STORED, 0).stored = t;
    s = s.with_list(WEFT_X_DEQUANT, arg);
    s.program_.back().n_in = static_cast<uint32_t>(tensors.size()), s.program_.back().scalar = scalar;
    return s;
  }

  const std::vector<weft_xnode>& program() const { return program_; }

 private:
  weft_xnode& push(uint32_t op, uint32_t n_in) {
    weft_xnode x{};
    x.hdr = WEFT_HDR(weft_xnode, scalar);
    x.op = op, x.n_in = n_in, x.stored = WEFT_NONE;
    return program_.emplace_back(x);
  }
  Expression with_list(uint32_t op, const std::vector<int64_t>& list) const {
    if (list.size() > 8) refuse("plan: more than 8 dims");
    Expression s = *this;
    weft_xnode& x = s.push(op, 1);
    x.n_arg = static_cast<uint32_t>(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) x.arg[i] = list[i];
    return s;
  }
  Expression with_scalar(uint32_t op, double v) const {
    Expression s = *this;
    s.push(op, 1).scalar = v;
    return s;
  }
  static Expression join(uint32_t op, const std::vector<Expression>& parts, uint32_t axis) {
    Expression s;
    for (const Expression& p : parts) s.program_.insert(s.program_.end(), p.program_.begin(), p.program_.end());
    s.push(op, static_cast<uint32_t>(parts.size())).axis = axis;
    return s;
  }
  std::vector<weft_xnode> program_;
};

class Plan {
 public:
  Plan(const Checkpoint& checkpoint, const weft_plan& api) : checkpoint_(checkpoint), api_(api) {}
  /// The tensor of this name; throws when the checkpoint has none.
  Expression stored(std::string_view name) const {
    const uint32_t i = checkpoint_.find(name);
    if (i == WEFT_NONE) refuse("the checkpoint has no tensor " + std::string(name));
    return Expression::tensor(i);
  }
  void map(std::string_view param, const Expression& value) const {
    const auto& p = value.program();
    check(api_.map(api_.ctx, str(param), p.data(), static_cast<uint32_t>(p.size()), sizeof(weft_xnode)));
  }
  void tie(std::string_view param, std::string_view other) const { check(api_.tie(api_.ctx, str(param), str(other))); }
  void ignore(uint32_t tensor, std::string_view why) const { check(api_.ignore(api_.ctx, tensor, str(why))); }

 private:
  const Checkpoint& checkpoint_;
  const weft_plan& api_;
};

/// A parameter that the blueprint asks for.
struct Param {
  std::string name;
  std::vector<int64_t> dims;
};

struct Identity {
  std::string architecture, config;  // the architecture's id; its config as JSON text, empty: config.json as it is
};

/// The interface table of a converter. C has the static members probe(checkpoint) -> score, identify(checkpoint) ->
/// Identity and plan(checkpoint, config, parameters, plan).
template <class C>
weft_converter converter_table(std::string_view id) {
  return {WEFT_HDR(weft_converter, plan),
          this_host(),
          nullptr,
          str(id),
          [](void* self, const weft_checkpoint* c, uint32_t* score) noexcept {
            return guard(host_of(self), [&] { *score = C::probe(Checkpoint(*c)); });
          },
          [](void* self, const weft_checkpoint* c, const weft_string_sink* architecture,
             const weft_string_sink* config) noexcept {
            return guard(host_of(self), [&] {
              const Identity identity = C::identify(Checkpoint(*c));
              architecture->set(architecture->ctx, str(identity.architecture));
              config->set(config->ctx, str(identity.config));
            });
          },
          [](void* self, const weft_checkpoint* c, const weft_json* config, const weft_param_info* params, uint32_t n,
             uint32_t stride, const weft_plan* plan) noexcept {
            return guard(host_of(self), [&] {
              std::vector<Param> all;
              for (uint32_t i = 0; i < n; ++i) {
                const weft_param_info& p = strided(params, stride, i);
                all.push_back({std::string(view(p.name)), {p.dims, p.dims + p.rank}});
              }
              const Checkpoint checkpoint(*c);
              C::plan(checkpoint, Json(config), all, Plan(checkpoint, *plan));
            });
          }};
}

}  // namespace weft::sdk
