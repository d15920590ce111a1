#include "tests/onnx/case_run.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <variant>

#include "tests/onnx/ops.hpp"

namespace weft::onnx {
namespace {

using conformance::OpRunner;

/// A graph for one backend: that of the case, or that of one value of it.
struct Attempt {
  std::unique_ptr<OpRunner> runner;
  std::vector<Dtype> dtypes;  // of the results
  StateInputs states;
  std::optional<std::size_t> missing;
  bool no_body = false;
  std::string refused, error;

  Attempt(const PreparedCase& p, const std::string& backend, std::optional<std::size_t> only = {}) {
    const Case& c = *p.of;
    std::vector<conformance::ArgType> types;
    for (const auto& [number, tensor] : c.inputs()) {
      if (!tensor.fits()) continue;
      conformance::ArgType type{.dtype = stored_as(tensor.dtype), .dims = {}};
      for (int64_t d : tensor.dims) type.dims.push_back(std::to_string(d));
      types.push_back(std::move(type));
    }
    const auto write = [&](sdk::Graph& g, const std::vector<sdk::Tensor>& args) {
      std::vector<sdk::Tensor> results;
      try {
        GraphOfCase graph(c, p.known, p.scans);
        for (const Value& v : graph.write(g, args, only)) {
          results.push_back(v.tensor);
          dtypes.push_back(v.dtype);
        }
        states = graph.states();
      } catch (const MissingValue& m) {
        missing = m.slot;
        sdk::refuse("a value is missing");
      } catch (const NoBody&) {
        no_body = true;
        sdk::refuse("a value in a body is missing");
      } catch (const Refused& r) {
        refused = r.what();
        sdk::refuse(refused);
      }
      return results;
    };
    auto made = OpRunner::create(backend, types, write);
    if (made.ok())
      runner = std::move(*made);
    else if (!missing && !no_body && refused.empty())
      error = made.status().message();
  }
};

Result<std::vector<Array>> run(const Case& c, const Attempt& attempt) {
  conformance::Feed feed{.args = {}, .named = attempt.states.named, .sizes = {}};
  for (const auto& [name, size] : attempt.states.sizes) feed.sizes[name] = size;
  for (const auto& [number, tensor] : c.inputs()) {
    if (tensor.fits()) feed.args.push_back(tensor.array());
  }
  return attempt.runner->run(feed);
}

/// Adds the value of a slot, and before it those that it needs.
void find(PreparedCase& p, std::size_t slot) {
  Attempt attempt(p, "reference", slot);
  while (attempt.missing) {
    find(p, *attempt.missing);
    if (!p.refused.empty() || !p.error.empty()) return;
    attempt = Attempt(p, "reference", slot);
  }
  p.refused = attempt.refused, p.error = attempt.error;
  if (!attempt.runner) return;
  const auto results = run(*p.of, attempt);
  if (!results.ok())
    p.error = results.status().message();
  else
    p.known.emplace(slot, host_tensor(attempt.dtypes.at(0), results->at(0)));
}

struct Tolerance {
  double rtol = 0, atol = 0;
};

/// That of ONNX's runner, which takes two units in the last place for bf16. None where elements are but moved and cast.
Tolerance tolerance_of(const Case& c, Dtype dtype) {
  const auto op_moves = [](const Json& op) { return moves(op.get<std::string>()); };
  if (std::ranges::all_of(c.row->at("ops"), op_moves)) return {};
  return {dtype == Dtype::kBf16 ? std::max(c.rtol(), 0x1p-6) : c.rtol(), c.atol()};
}

/// As numpy's assert_allclose: |got - expected| <= atol + rtol |expected|; integers are equal.
std::string difference(const HostTensor& got, const HostTensor& expected, Tolerance allowed) {
  if (got.dtype != expected.dtype) {
    return std::string("dtype ") + name_of(got.dtype) + ", expected " + name_of(expected.dtype);
  }
  if (got.dims != expected.dims) {
    return "dims " + testing::PrintToString(got.dims) + ", expected " + testing::PrintToString(expected.dims);
  }
  for (std::size_t i = 0; i < expected.integers.size(); ++i) {
    if (got.integers[i] != expected.integers[i]) {
      return "[" + std::to_string(i) + "] is " + std::to_string(got.integers[i]) + ", expected " +
             std::to_string(expected.integers[i]);
    }
  }
  for (std::size_t i = 0; i < expected.floats.size(); ++i) {
    const double a = got.floats[i], b = expected.floats[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (std::isfinite(b) && std::abs(a - b) <= allowed.atol + allowed.rtol * std::abs(b)) continue;
    return "[" + std::to_string(i) + "] is " + testing::PrintToString(a) + ", expected " + testing::PrintToString(b);
  }
  return "";
}

}  // namespace

PreparedCase prepare(const Case& c) {
  PreparedCase p{.of = &c, .refused = {}, .error = {}, .known = {}};
  try {
    c.require_data();
    for (const auto& [number, tensor] : c.outputs()) {
      if (!tensor.fits()) throw Refused("i64 beyond i32");
    }
  } catch (const Refused& r) {
    p.refused = r.what();
    return p;
  }
  while (p.refused.empty() && p.error.empty()) {
    const Attempt attempt(p, "reference");
    p.refused = attempt.refused, p.error = attempt.error;
    if (attempt.no_body) {
      p.scans = false, p.known.clear();
    } else if (attempt.missing) {
      find(p, *attempt.missing);
    } else {
      break;
    }
  }
  return p;
}

std::string verdict(const PreparedCase& p, const std::string& backend) {
  if (!p.error.empty()) return p.error;
  const Attempt attempt(p, backend);
  if (!attempt.runner) return attempt.error.empty() ? "the graph was not written" : attempt.error;
  const auto results = run(*p.of, attempt);
  if (!results.ok()) return std::string(results.status().message());
  const auto expected = p.of->outputs();
  if (results->size() != expected.size()) return "got " + std::to_string(results->size()) + " results";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const HostTensor got = host_tensor(attempt.dtypes[i], (*results)[i]);
    const std::string wrong = difference(got, expected[i].second, tolerance_of(*p.of, got.dtype));
    if (!wrong.empty()) return "result " + std::to_string(i) + ": " + wrong;
  }
  return "";
}

}  // namespace weft::onnx
