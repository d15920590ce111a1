// weft bench MODEL -p 512 -n 64 [-d depth] [-r 5] [--profile]: tokens a second, GB/s, share of read bandwidth.
#include <cmath>
#include <numeric>

#include "apps/weft/bandwidth.hpp"
#include "apps/weft/common.hpp"
#include "apps/weft/output.hpp"
#include "apps/weft/progress.hpp"
#include "core/base/error.hpp"
#include "core/runtime/session.hpp"

namespace weft::app {
namespace {

struct Options {
  Common common;
  int64_t prompt = 512, generate = 64, depth = 0, repeat = 5;
  bool profile = false;
};

struct SegmentTime {
  std::string device;
  std::size_t nodes = 0;
  double seconds = 0;  // a run of the test
};

struct Row {
  std::string test;
  double mean = 0, sd = 0;     // tokens a second
  double gb_s = 0, share = 0;  // of the weights as stored, which each step reads once
  uint64_t hash = 0;           // of the last logits
  std::vector<SegmentTime> segments;
};

uint64_t hash_floats(std::span<const float> values) {  // FNV-1a over the bytes
  uint64_t h = 1469598103934665603ull;
  for (const std::byte b : std::as_bytes(values)) h = (h ^ static_cast<uint64_t>(b)) * 1099511628211ull;
  return h;
}

std::vector<int32_t> some_ids(int64_t n, int64_t vocab) {
  std::vector<int32_t> ids(static_cast<std::size_t>(n));
  const auto most = static_cast<uint64_t>(vocab);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>((i * 7919 + 13) % most);
  return ids;
}

/// Has the encoder of an encoder-decoder read its input.
Status encode(Session& session, SequenceId sequence, std::span<const int32_t> input) {
  const StepItem item{sequence, input, false};
  return session.encode({&item, 1});
}

/// Feeds `ids` in steps of at most `most` tokens.
Status feed(Session& session, SequenceId sequence, std::span<const int32_t> ids, int64_t most, uint64_t& hash) {
  const auto piece = static_cast<std::size_t>(most);
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    const StepItem item{sequence, ids.subspan(at, std::min(piece, ids.size() - at)), false};
    WEFT_TRY(const StepRows out, session.step({&item, 1}));
    hash = hash_floats(out.row(out.rows - 1));
  }
  return {};
}

/// Seconds by segment since the session began.
std::vector<SegmentTime> segment_times(const Session& session) {
  const GraphInstance& graph = session.graph();
  std::vector<SegmentTime> all;
  for (std::size_t s = 0; s < graph.segment_seconds().size(); ++s) {
    const Segment& segment = graph.compiled().placement.segments[s];
    const std::string& device = graph.compiled().stores[segment.device]->device()->name();
    all.push_back({device, segment.graph.nodes.size(), graph.segment_seconds()[s]});
  }
  return all;
}

void set_rates(Row& row, const std::vector<double>& rates) {
  const auto n = static_cast<double>(rates.size());
  row.mean = std::accumulate(rates.begin(), rates.end(), 0.0) / n;
  double square = 0;
  for (double rate : rates) square += (rate - row.mean) * (rate - row.mean);
  row.sd = rates.size() > 1 ? std::sqrt(square / (n - 1)) : 0;
}

/// Prefill in steps as large as the session takes, or decoding token by token. Of an encoder-decoder: encoding,
/// which has no logits, or decoding after one of as many tokens.
Result<Row> measure(const Options& o, const Model& model, bool prefill, double bandwidth, Progress& progress) {
  const int64_t n = prefill ? o.prompt : o.generate;
  Row row;
  row.test = (prefill ? "pp" : "tg") + std::to_string(n) + (o.depth > 0 ? " @ d" + std::to_string(o.depth) : "");
  WEFT_TRY(auto session, model.new_session());
  const std::vector<int32_t> before = some_ids(o.depth, model.vocab_size()), ids = some_ids(n, model.vocab_size());
  const std::vector<int32_t> input = some_ids(std::max<int64_t>(o.prompt, 1), model.vocab_size());
  const bool encodes = session->has_encoder();
  const int64_t most = session->limits().step_tokens, step = prefill ? std::min(most, n) : 1;
  std::vector<double> rates;
  for (int64_t r = 0; r <= o.repeat; ++r) {  // the first is a warm-up
    progress.now(fmt::format("{}, run {} of {}", row.test, r, o.repeat));
    WEFT_TRY(const SequenceId sequence, session->open());
    if (encodes && !prefill) WEFT_CHECK_OK(encode(*session, sequence, input));
    if (!encodes || !prefill) WEFT_CHECK_OK(feed(*session, sequence, before, most, row.hash));
    const std::vector<SegmentTime> earlier = segment_times(*session);
    const double start = seconds_now();
    WEFT_CHECK_OK(encodes && prefill ? encode(*session, sequence, ids) : feed(*session, sequence, ids, step, row.hash));
    const double seconds = seconds_now() - start;
    if (r > 0) rates.push_back(static_cast<double>(n) / seconds);
    if (r == o.repeat) row.segments = segment_times(*session);
    for (std::size_t s = 0; s < row.segments.size(); ++s) row.segments[s].seconds -= earlier[s].seconds;
    WEFT_CHECK_OK(session->close(sequence));
  }
  set_rates(row, rates);
  const double steps_a_token = static_cast<double>((n + step - 1) / step) / static_cast<double>(n);
  // Each of an encoder-decoder's graphs reads a part of the weights that nobody counts.
  const double bytes_s = encodes ? 0 : row.mean * steps_a_token * static_cast<double>(model.stored_bytes());
  row.gb_s = bytes_s / 1e9;
  row.share = bandwidth > 0 ? bytes_s / bandwidth : 0;
  return row;
}

Json as_json(const Row& r, bool profile) {
  Json out = {{"test", r.test}, {"tok_s", r.mean}, {"sd", r.sd}, {"gb_s", r.gb_s}, {"share", r.share},
              {"hash", fmt::format("{:016x}", r.hash)}};
  if (!profile) return out;
  out["segments"] = Json::array();
  for (const SegmentTime& s : r.segments) {
    out["segments"].push_back({{"device", s.device}, {"nodes", s.nodes}, {"seconds", s.seconds}});
  }
  return out;
}

std::string as_table(const std::vector<Row>& rows) {
  std::string out = "| test | tok/s | GB/s | share of bandwidth | logits |\n|---|---|---|---|---|\n";
  for (const Row& r : rows) {
    out += fmt::format("| {} | {:.2f} ± {:.2f} | {:.2f} | {:.0f} % | {:016x} |\n", r.test, r.mean, r.sd, r.gb_s,
                       r.share * 100, r.hash);
  }
  return out;
}

std::string profile_table(const std::vector<Row>& rows) {
  std::string out = "\ntime by segment of the step graph, last run (backends report no time by op)\n"
                    "| test | segment | device | nodes | ms | share |\n|---|---|---|---|---|---|\n";
  for (const Row& r : rows) {
    double all = 0;
    for (const SegmentTime& s : r.segments) all += s.seconds;
    for (std::size_t i = 0; i < r.segments.size(); ++i) {
      const SegmentTime& s = r.segments[i];
      out += fmt::format("| {} | {} | {} | {} | {:.2f} | {:.0f} % |\n", r.test, i, s.device, s.nodes, s.seconds * 1e3,
                         all > 0 ? s.seconds / all * 100 : 0);
    }
  }
  return out;
}

Status bench(const Options& o) {
  WEFT_TRY(auto engine, make_engine(o.common));
  Common common = o.common;
  if (common.context == 0) common.context = o.depth + std::max(o.prompt, o.generate);
  WEFT_TRY(auto model, load_model(*engine, common));
  std::vector<Row> rows;
  double bandwidth = 0;
  {
    Progress progress("measuring read bandwidth");
    bandwidth = read_bandwidth(engine->pool(), std::clamp<uint64_t>(model->stored_bytes(), 64u << 20, 2ull << 30));
    for (bool prefill : {true, false}) {
      if ((prefill ? o.prompt : o.generate) == 0) continue;
      if (!prefill && model->limits().whole_sequences) continue;  // an encoder reads, and decodes nothing
      WEFT_TRY(Row row, measure(o, *model, prefill, bandwidth, progress));
      rows.push_back(std::move(row));
    }
  }
  if (o.common.json) {
    Json out = Json::array();
    for (const Row& r : rows) out.push_back(as_json(r, o.profile));
    return print(json_text(out) + "\n");
  }
  const std::string head = fmt::format("{}\nread bandwidth {:.1f} GB/s, {} threads\n", model->summary(),
                                       bandwidth / 1e9, engine->pool().workers());
  return print(head + as_table(rows) + (o.profile ? profile_table(rows) : ""));
}

}  // namespace

void add_bench(Commands& commands) {
  auto o = std::make_shared<Options>();
  Command& command = commands.add("bench", "measure prefill and decode", [o] { return bench(*o); });
  add_model_options(command, o->common);
  command.add("-p", &o->prompt, "prompt tokens, 0: skip").range = {0, 1 << 20};
  command.add("-n", &o->generate, "decoded tokens, 0: skip").range = {0, 1 << 20};
  command.add("-d", &o->depth, "tokens already in the cache").range = {0, 1 << 20};
  command.add("-r", &o->repeat, "runs after the warm-up").range = {1, 1000};
  command.add("--profile", &o->profile, "also time by segment of the placed graph");
  command.usage_error = [o] { return o->prompt || o->generate ? "" : "-p 0 -n 0: nothing is left to measure"; };
}

}  // namespace weft::app
