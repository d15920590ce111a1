#include "tests/conformance/conformance.hpp"

#include <cstdlib>
#include <sstream>

#include "tests/conformance/ops_seen.hpp"

namespace weft::conformance {
namespace {

std::vector<ArgType> types(const std::vector<Arg>& args) {
  std::vector<ArgType> t;
  for (const Arg& a : args) t.push_back(a.type);
  return t;
}

Feed feed(const std::vector<Arg>& args, const FreeSizes& sizes) {
  Feed f{.sizes = sizes};
  for (const Arg& a : args) f.args.push_back(a.array);
  return f;
}

/// Lets the properties of each test tell which ops it has written, and which of them the backend takes.
class OpsOfTests : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo&) override {
    const OpsSeen seen = take_ops_seen();
    testing::Test::RecordProperty("written", listed(seen.written));
    testing::Test::RecordProperty("taken", listed(seen.taken));
  }
  static std::string listed(const std::set<std::string>& ops) {
    std::string text;
    for (const std::string& op : ops) text += (text.empty() ? "" : ",") + op;
    return text;
  }
};

Write many(const One& write) {
  return [&write](Graph& g, const Tensors& in) { return Tensors{write(g, in)}; };
}

}  // namespace

/// WEFT_CONFORMANCE_BACKENDS, with commas between them; otherwise those of weft that run here.
const std::vector<std::string>& backends() {
  static const std::vector<std::string> list = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new OpsOfTests);  // asked once, before the tests begin
    std::vector<std::string> there;
    if (const char* const given = std::getenv("WEFT_CONFORMANCE_BACKENDS")) {
      std::stringstream all(given);
      for (std::string name; std::getline(all, name, ',');) there.push_back(name);
      return there;
    }
    for (const char* name : {"reference", "opaque", "cpu:portable", "cpu:dotprod", "cpu:avx2", "cpu:avxvnni",
                             "cpu:avx512", "cpu:amx", "openblas", "vulkan"}) {
      if (has_backend(name)) there.push_back(name);
    }
    return there;
  }();
  return list;
}

std::vector<Array> Conformance::run_all(const std::vector<Arg>& args, const Write& write,
                                        const FreeSizes& sizes) const {
  const auto r = runner(types(args), write);
  return run(r.get(), feed(args, sizes));
}

Array Conformance::run(const std::vector<Arg>& args, const One& write, const FreeSizes& sizes) const {
  std::vector<Array> results = run_all(args, many(write), sizes);
  return results.empty() ? Array{} : std::move(results[0]);
}

Code Conformance::failure(const std::vector<Arg>& args, const One& write, const FreeSizes& sizes) const {
  const auto r = runner(types(args), many(write));
  return r ? r->run(feed(args, sizes)).status().code() : Code::kOk;
}

Code Conformance::refusal(const std::vector<Arg>& args, const One& write) const {
  return OpRunner::create(GetParam(), types(args), many(write)).status().code();
}

bool Conformance::has_states_in_blocks() const {
  const One read = [](Graph& g, const Tensors&) {
    uint32_t id = 0;
    const weft_group group = g.group("kv", WEFT_GROUP_PAGED, 0, &id);
    return g.gather(g.state("s", id, {1, 32}), {group.slot});
  };
  return OpRunner::create(GetParam(), {}, many(read), {.state_dtype = "q8_0"}).status().code() != Code::kUnimplemented;
}

std::unique_ptr<OpRunner> Conformance::runner(const std::vector<ArgType>& args, const Write& write,
                                              const RunnerOptions& options) const {
  auto r = OpRunner::create(GetParam(), args, write, options);
  EXPECT_TRUE(r.ok()) << r.status().message();
  return r.ok() ? std::move(*r) : nullptr;
}

std::vector<Array> Conformance::agreed(const std::vector<ArgType>& args, const Write& write, const Feed& feed,
                                       RunnerOptions options, double rel) const {
  const auto whole = runner(args, write, options);
  options.inlined = true;
  const auto inlined = runner(args, write, options);
  std::vector<Array> results = run(whole.get(), feed);
  const std::vector<Array> expected = run(inlined.get(), feed);
  EXPECT_EQ(results.size(), expected.size());
  for (std::size_t i = 0; i < results.size() && i < expected.size(); ++i) {
    const auto verdict = close(results[i], expected[i], rel);
    EXPECT_TRUE(verdict) << "result " << i << " of the composites is not that of their bodies";
    if (!verdict) return {};
  }
  return results;
}

std::vector<Array> Conformance::run(OpRunner* runner, const Feed& feed) {
  if (runner == nullptr) return {};
  auto results = runner->run(feed);
  EXPECT_TRUE(results.ok()) << results.status().message();
  return results.ok() ? std::move(*results) : std::vector<Array>{};
}

}  // namespace weft::conformance
