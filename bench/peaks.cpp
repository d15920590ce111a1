// weft_peaks [--threads N] [--only NAME] [--mib SIZE] [--rounds N] [--all] [--json]: what this machine can do in
// reading memory and in products in f32, bf16 and int8, so that speeds can be given as shares of it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "bench/probes.hpp"

namespace weft::bench {
namespace {

struct Options {
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  uint64_t mib = 1024;
  int rounds = 5;
  std::string only;  // empty: all
  bool all = false, json = false;
};

struct Peak {
  std::string name, isa, unit;
  double value = 0;  // units of 1e9 a second
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds from the first thread's start to the last one's end.
double time_team(unsigned threads, const std::function<void(unsigned)>& work) {
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::vector<double> begin(threads), end(threads);
  {
    std::vector<std::jthread> team;
    for (unsigned i = 0; i < threads; ++i) {
      team.emplace_back([&, i] {
        start.arrive_and_wait();
        begin[i] = now();
        work(i);
        end[i] = now();
      });
    }
  }
  return *std::max_element(end.begin(), end.end()) - *std::min_element(begin.begin(), begin.end());
}

/// Memory in large pages where the system has them, each part touched first by the thread that reads it.
class Buffer {
 public:
  Buffer(unsigned threads, uint64_t bytes) : part_(bytes / threads / kPage * kPage) {
    const uint64_t all = part_ * threads;
    data_.reset(static_cast<unsigned char*>(std::aligned_alloc(kPage, all)));
    if (!data_) throw std::bad_alloc();
#ifdef __linux__
    madvise(data_.get(), all, MADV_HUGEPAGE);
#endif
    time_team(threads, [&](unsigned i) { std::memset(data_.get() + i * part_, 1, part_); });
  }
  const unsigned char* part(unsigned thread) const { return data_.get() + thread * part_; }
  uint64_t part_bytes() const { return part_; }

 private:
  static constexpr uint64_t kPage = 2u << 20;
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  uint64_t part_;
  std::unique_ptr<unsigned char, Free> data_;
};

bool wanted(const Options& o, const std::string& name) { return o.only.empty() || o.only == name; }

std::vector<Peak> read_peaks(const Options& o) {
  if (!wanted(o, "read")) return {};
  const Buffer buffer(o.threads, o.mib << 20);
  std::vector<Peak> peaks;
  for (const Reader& r : readers()) {
    if (!r.available()) continue;
    double best = 0;
    for (int round = 0; round < o.rounds; ++round) {
      const double seconds = time_team(o.threads, [&](unsigned i) { r.read(buffer.part(i), buffer.part_bytes()); });
      best = std::max(best, static_cast<double>(buffer.part_bytes() * o.threads) / seconds / 1e9);
    }
    peaks.push_back({"read", std::string(r.isa) + ", streams " + std::to_string(r.streams), "GB/s", best});
  }
  return peaks;
}

std::vector<Peak> compute_peaks(const Options& o) {
  std::vector<Peak> peaks;
  for (const Compute& c : compute_probes()) {
    if (!c.available() || !wanted(o, c.name)) continue;
    uint64_t loops = 1 << 12;
    while (time_team(1, [&](unsigned) { c.run(loops); }) < 0.05) loops *= 2;
    double best = 0;
    for (int round = 0; round < o.rounds; ++round) {
      const double seconds = time_team(o.threads, [&](unsigned) { c.run(loops); });
      best = std::max(best, static_cast<double>(c.operations * loops * o.threads) / seconds / 1e9);
    }
    peaks.push_back({c.name, c.isa, c.unit, best});
  }
  return peaks;
}

/// The best peak of each name; names keep their order.
std::vector<Peak> best_of_each(const std::vector<Peak>& peaks) {
  std::vector<Peak> best;
  for (const Peak& p : peaks) {
    const auto same = std::find_if(best.begin(), best.end(), [&](const Peak& b) { return b.name == p.name; });
    if (same == best.end()) {
      best.push_back(p);
    } else if (same->value < p.value) {
      *same = p;
    }
  }
  return best;
}

void print(const Options& o, const std::vector<Peak>& peaks) {
  if (!o.json) {
    std::printf("threads %u, buffer %llu MiB\n", o.threads, static_cast<unsigned long long>(o.mib));
    for (const Peak& p : peaks) {
      std::printf("%-5s %9.1f %-8s %s\n", p.name.c_str(), p.value, p.unit.c_str(), p.isa.c_str());
    }
    return;
  }
  auto list = nlohmann::ordered_json::array();
  for (const Peak& p : peaks) list.push_back({{"name", p.name}, {"value", p.value}, {"unit", p.unit}, {"isa", p.isa}});
  std::puts(nlohmann::ordered_json{{"threads", o.threads}, {"mib", o.mib}, {"peaks", list}}.dump().c_str());
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) {
  using namespace weft::bench;
  CLI::App app("measures what this machine can do");
  Options o;
  app.add_option("--threads", o.threads, "threads, each with its own part of the buffer")->check(CLI::Range(1, 4096));
  app.add_option("--mib", o.mib, "size of the buffer that is read")->check(CLI::Range(64, 1 << 20));
  app.add_option("--rounds", o.rounds, "measurements, of which the best counts")->check(CLI::Range(1, 1000));
  app.add_option("--only", o.only, "one probe alone")->check(CLI::IsMember({"read", "f32", "bf16", "int8"}));
  app.add_flag("--all", o.all, "each instruction set, not only the best");
  app.add_flag("--json", o.json, "machine-readable output");
  CLI11_PARSE(app, argc, argv);
  std::vector<Peak> peaks = read_peaks(o);
  const std::vector<Peak> compute = compute_peaks(o);
  peaks.insert(peaks.end(), compute.begin(), compute.end());
  print(o, o.all ? peaks : best_of_each(peaks));
}
