#include "core/model/candidates.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/runtime/session.hpp"

namespace weft {
namespace {

struct Attribute {
  std::string_view key;
  int64_t value;
};

/// Writes nodes through the builder's own table, which checks them.
class Writer {
 public:
  explicit Writer(const weft_builder& builder) : b_(builder) {}

  Result<std::vector<uint32_t>> node(std::string_view op, const std::vector<uint32_t>& in,
                                     const std::vector<Attribute>& attributes = {}, uint32_t outputs = 1,
                                     uint32_t body = 0) {
    std::vector<weft_attr> attrs;
    for (const Attribute& a : attributes)
      attrs.push_back({{WEFT_END(weft_attr, data), 0}, to_str(a.key), WEFT_ATTR_I64, 1, &a.value});
    std::vector<uint32_t> out(outputs);
    WEFT_CHECK_OK(from_abi(b_.node(b_.ctx, to_str(op), 1, in.data(), static_cast<uint32_t>(in.size()), attrs.data(),
                                   static_cast<uint32_t>(attrs.size()), sizeof(weft_attr), body, outputs, out.data())));
    return out;
  }
  Result<uint32_t> one(std::string_view op, const std::vector<uint32_t>& in,
                       const std::vector<Attribute>& attributes = {}) {
    WEFT_TRY(const auto out, node(op, in, attributes));
    return out[0];
  }

 private:
  const weft_builder& b_;
};

}  // namespace

Status add_candidates(GraphBuilder& builder, int64_t vocab) {
  const weft_builder& b = *builder.abi();
  const uint32_t logits = builder.output("logits");
  if (logits == WEFT_NONE) return {};
  const Attribute k{"k", std::min(kCandidates, vocab)};
  Writer w(b);
  uint32_t row = WEFT_NONE, body = 0;
  WEFT_CHECK_OK(from_abi(b.begin_body(b.ctx, to_str("sample"), &logits, 1, &row)));
  WEFT_TRY(const auto top, w.node("top_k", {row}, {k}, 2));
  WEFT_TRY(const uint32_t largest, w.one("reduce", {row}, {{"kind", 1}, {"axis", 1}, {"keep", 1}}));
  WEFT_TRY(const uint32_t below, w.one("sub", {row, largest}));
  WEFT_TRY(const uint32_t weights, w.one("exp", {below}));
  WEFT_TRY(const uint32_t total, w.one("reduce", {weights}, {{"kind", 0}, {"axis", 1}, {"keep", 1}}));
  const uint32_t results[] = {top[1], top[0], total};
  WEFT_CHECK_OK(from_abi(b.end_body(b.ctx, results, 3, &body)));
  WEFT_TRY(const auto out, w.node("sample", {logits}, {k}, 3, body));
  const std::string_view names[] = {kCandidateIds, kCandidateLogits, kCandidateTotal};
  for (std::size_t i = 0; i < 3; ++i) WEFT_CHECK_OK(from_abi(b.output(b.ctx, to_str(names[i]), out[i])));
  return {};
}

}  // namespace weft
