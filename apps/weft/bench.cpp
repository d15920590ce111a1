// weft bench MODEL -p 512 -n 64 [-d depth] [-r 5]: tokens a second, GB/s, share of read bandwidth.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

#include "apps/weft/common.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/runtime/session.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  int64_t prompt = 512, generate = 64, depth = 0, repeat = 5;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Bytes a second that the pool's workers read from memory together; best of three passes.
double read_bandwidth(ThreadPool& pool, uint64_t bytes) {
  std::vector<uint64_t> buffer(bytes / 8, 1);
  struct Arg {
    const uint64_t* data;
    std::atomic<uint64_t> sum{0};
  } arg{buffer.data()};
  double best = 0;
  for (int pass = 0; pass < 3; ++pass) {
    const double start = now();
    pool.parallel_for(buffer.size(), 1 << 16, [](void* p, uint64_t begin, uint64_t end, uint32_t) {
      Arg& a = *static_cast<Arg*>(p);
      uint64_t lanes[16] = {};
      for (uint64_t i = begin; i + 16 <= end; i += 16) {
        for (int j = 0; j < 16; ++j) lanes[j] += a.data[i + static_cast<uint64_t>(j)];
      }
      for (uint64_t lane : lanes) a.sum += lane;
    }, &arg);
    best = std::max(best, static_cast<double>(bytes) / (now() - start));
  }
  return arg.sum == 0 ? 0 : best;
}

uint64_t hash_floats(std::span<const float> values) {  // FNV-1a over the bytes
  uint64_t h = 1469598103934665603ull;
  for (const unsigned char* p = reinterpret_cast<const unsigned char*>(values.data());
       p != reinterpret_cast<const unsigned char*>(values.data() + values.size()); ++p) {
    h = (h ^ *p) * 1099511628211ull;
  }
  return h;
}

std::vector<int32_t> some_ids(int64_t n, int64_t vocab) {
  std::vector<int32_t> ids(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>((i * 7919 + 13) % static_cast<uint64_t>(vocab));
  return ids;
}

Status feed(Session& session, SequenceId sequence, std::span<const int32_t> ids, uint64_t* hash) {
  const auto piece = static_cast<std::size_t>(session.limits().step_tokens);
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    const StepItem item{sequence, ids.subspan(at, std::min(piece, ids.size() - at)), false};
    WEFT_TRY(const StepLogits out, session.step({&item, 1}));
    *hash = hash_floats(out.row(out.rows - 1));
  }
  return {};
}

struct Row {
  std::string test;
  double mean = 0, sd = 0, gb_s = 0, share = 0;
  uint64_t hash = 0;
};

Result<Row> measure(const Options& o, const Model& model, bool prefill, double bandwidth) {
  const int64_t n = prefill ? o.prompt : o.generate;
  Row row;
  row.test = (prefill ? "pp" : "tg") + std::to_string(n) + (o.depth > 0 ? " @ d" + std::to_string(o.depth) : "");
  WEFT_TRY(auto session, model.new_session());
  const std::vector<int32_t> depth_ids = some_ids(o.depth, model.vocab_size()), ids = some_ids(n, model.vocab_size());
  std::vector<double> rates;
  for (int64_t r = 0; r <= o.repeat; ++r) {  // the first is a warm-up
    WEFT_TRY(const SequenceId sequence, session->open());
    WEFT_CHECK_OK(feed(*session, sequence, depth_ids, &row.hash));
    const double start = now();
    if (prefill) {
      WEFT_CHECK_OK(feed(*session, sequence, ids, &row.hash));
    } else {
      for (int32_t id : ids) WEFT_CHECK_OK(feed(*session, sequence, {&id, 1}, &row.hash));
    }
    if (r > 0) rates.push_back(static_cast<double>(n) / (now() - start));
    WEFT_CHECK_OK(session->close(sequence));
  }
  row.mean = std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
  for (double rate : rates) row.sd += (rate - row.mean) * (rate - row.mean);
  row.sd = rates.size() > 1 ? std::sqrt(row.sd / static_cast<double>(rates.size() - 1)) : 0;
  if (!prefill) {  // a decoded token reads every weight as stored once
    row.gb_s = row.mean * static_cast<double>(model.stored_bytes()) / 1e9;
    row.share = bandwidth > 0 ? row.gb_s * 1e9 / bandwidth : 0;
  }
  return row;
}

Status bench(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  Common common = o.common;
  if (common.context == 0) common.context = o.depth + std::max(o.prompt, o.generate);
  WEFT_TRY(auto model, load_model(*engine, common));
  const double bandwidth = read_bandwidth(engine->pool(), std::clamp<uint64_t>(model->stored_bytes(), 64u << 20, 2ull << 30));
  std::vector<Row> rows;
  for (bool prefill : {true, false}) {
    if ((prefill ? o.prompt : o.generate) == 0) continue;
    WEFT_TRY(Row row, measure(o, *model, prefill, bandwidth));
    rows.push_back(std::move(row));
  }
  if (o.common.json) {
    Json out = Json::array();
    for (const Row& r : rows) {
      out.push_back({{"test", r.test}, {"tok_s", r.mean}, {"sd", r.sd}, {"gb_s", r.gb_s}, {"share", r.share},
                     {"hash", fmt::format("{:016x}", r.hash)}});
    }
    std::printf("%s\n", out.dump().c_str());
    return {};
  }
  std::printf("%s\nread bandwidth %.1f GB/s, %u threads\n", model->summary().c_str(), bandwidth / 1e9, engine->pool().workers());
  std::printf("| test | tok/s | GB/s | share of bandwidth | logits |\n|---|---|---|---|---|\n");
  for (const Row& r : rows) {
    const std::string decode = r.gb_s > 0 ? fmt::format("{:.2f} | {:.0f} %", r.gb_s, r.share * 100) : "- | -";
    std::printf("| %s | %.2f ± %.2f | %s | %016llx |\n", r.test.c_str(), r.mean, r.sd, decode.c_str(),
                static_cast<unsigned long long>(r.hash));
  }
  return {};
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("bench", "measure prefill and decode");
  auto o = std::make_shared<Options>();
  add_model_options(*command, o->common);
  command->add_option("-p", o->prompt, "prompt tokens, 0: skip")->check(CLI::Range(0, 1 << 20));
  command->add_option("-n", o->generate, "decoded tokens, 0: skip")->check(CLI::Range(0, 1 << 20));
  command->add_option("-d", o->depth, "tokens already in the cache")->check(CLI::Range(0, 1 << 20));
  command->add_option("-r", o->repeat, "runs after the warm-up")->check(CLI::Range(1, 1000));
  command->callback([=, &exit_code] {
    if (Status s = bench(*o); !s.ok()) exit_code = report(s);
  });
}

}  // namespace weft::app
