#include "tests/opaque/plugin/worker.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "tests/opaque/plugin/checks.hpp"

namespace opaque {
namespace {

const Failure kLost{WEFT_UNAVAILABLE, "the device is lost"};

}  // namespace

Worker::Worker(const weft_host* host, const Settings& settings, Watch& watch, uint64_t seed)
    : host_(host), settings_(settings), watch_(watch), random_(seed), thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    Lock lock(mutex_);
    if (!queue_.empty()) watch_.complain("a device is closed that has work");
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::give(const char* name, const weft_when& when, std::function<void(bool)> work) {
  Timeline alone;  // of a call that returns when its work is done
  Lock lock(mutex_);
  if (lost_) throw weft::sdk::Error(kLost.code, kLost.message);
  auto* timeline = reinterpret_cast<Timeline*>(when.timeline);
  must(watch_, settings_.step == 3 ? timeline != nullptr : timeline == nullptr && when.wait == 0 && when.signal == 0,
       std::string(name) + " has a timeline with step 2, or none with step 3");
  if (timeline != nullptr) {
    must(watch_, when.wait <= timeline->given, std::string(name) + " awaits what was never given");
    must(watch_, when.signal == 0 || when.signal > timeline->given, std::string(name) + " signals a value twice");
    // Both are allowed once earlier work has failed: to refuse more, and to take it and never do it.
    if (timeline->failure && chance(2)) weft::sdk::fail(WEFT_FAILED_PRECONDITION, "earlier work has failed");
  }
  Job job{name, timeline, when.wait, when.signal, std::move(work)};
  if (when.signal == 0) job.timeline = &alone, job.wait = 0, job.signal = 1;
  if (timeline != nullptr && when.signal == 0) {
    timeline->asked = std::max(timeline->asked, when.wait), changed_.notify_all();
    changed_.wait(lock, [&] { return timeline->reached >= when.wait || timeline->failure; });
    if (timeline->failure) throw weft::sdk::Error(timeline->failure->code, timeline->failure->message);
  }
  Timeline& of = *job.timeline;
  const uint64_t signal = job.signal;
  if (!of.failure) queue_.push_back(std::move(job));
  of.given = signal;
  if (of.failure) return;
  if (&of == &alone) alone.asked = 1;
  changed_.notify_all();
  if (when.signal != 0) return;
  changed_.wait(lock, [&] { return alone.reached == 1 || alone.failure; });
  if (alone.failure) throw weft::sdk::Error(alone.failure->code, alone.failure->message);
}

bool Worker::wait(Timeline& timeline, uint64_t value, uint64_t timeout_ns) {
  Lock lock(mutex_);
  must(watch_, value <= timeline.given, "timeline_wait waits for what was never given");
  if (timeout_ns != 0) timeline.asked = std::max(timeline.asked, value), changed_.notify_all();
  const auto over = [&] {
    const bool runs = running_ != nullptr && running_->timeline == &timeline;  // also when the device is lost meanwhile
    return timeline.reached >= value || (timeline.failure && !runs);
  };
  // Hosts have to bear that a wait ends early.
  const std::chrono::nanoseconds patience(chance(4) ? 0 : std::min<uint64_t>(timeout_ns, 5'000'000));
  if (!changed_.wait_for(lock, patience, over)) return false;
  if (timeline.reached < value) throw weft::sdk::Error(timeline.failure->code, timeline.failure->message);
  return true;
}

bool Worker::busy(const Timeline& timeline) {
  Lock lock(mutex_);
  return (running_ != nullptr && running_->timeline == &timeline) ||
         std::any_of(queue_.begin(), queue_.end(), [&](const Job& job) { return job.timeline == &timeline; });
}

bool Worker::lost() {
  Lock lock(mutex_);
  return lost_;
}

void Worker::lose() {
  Lock lock(mutex_);
  lose_all();
}

void Worker::lose_all() {
  lost_ = true;
  std::set<Timeline*> hit;
  for (const Job& job : queue_) hit.insert(job.timeline);
  queue_.clear();
  for (Timeline* timeline : hit) timeline->failure = kLost;
  changed_.notify_all();
}

bool Worker::ready(const Job& job) const {
  if (settings_.when_asked && job.timeline->asked < job.signal) return false;
  return job.timeline->reached >= job.wait;
}

void Worker::run() {
  const weft::sdk::Entry entry(host_);
  Lock lock(mutex_);
  for (;;) {
    std::vector<std::list<Job>::iterator> all;
    changed_.wait(lock, [&] {
      all.clear();
      for (auto it = queue_.begin(); it != queue_.end(); ++it) {
        if (ready(*it)) all.push_back(it);
      }
      return stop_ || !all.empty();
    });
    if (stop_) return;
    std::list<Job> job;
    const auto which = std::uniform_int_distribution<std::size_t>(0, all.size() - 1)(random_);
    job.splice(job.begin(), queue_, all[which]);
    running_ = &job.front();
    const auto late = std::chrono::microseconds(std::uniform_int_distribution<int64_t>(0, settings_.late_us)(random_));
    lock.unlock();
    std::this_thread::sleep_for(late);
    std::optional<Failure> failure;
    const Fault fault = watch_.enter(true, job.front().name);
    try {
      if (fault == Fault::kLostAtJob) throw weft::sdk::Error(kLost.code, kLost.message);
      job.front().work(fault == Fault::kJobFails);
      if (fault == Fault::kJobFails) weft::sdk::fail(WEFT_ABORTED, "the job failed as planned");
    } catch (const weft::sdk::Error& e) {
      failure = Failure{e.code(), e.what()};
    } catch (const std::exception& e) {
      failure = Failure{WEFT_INTERNAL, e.what()};
    }
    job.front().work = nullptr;  // gives back the buffers, before anybody is told
    lock.lock();
    running_ = nullptr;
    if (fault == Fault::kLostAtJob) lose_all();
    finish(job.front(), std::move(failure));
    changed_.notify_all();
  }
}

void Worker::finish(const Job& job, std::optional<Failure> failure) {
  Timeline& timeline = *job.timeline;
  if (failure) {
    queue_.remove_if([&](const Job& later) { return later.timeline == &timeline; });
    timeline.failure = std::move(failure);
    return;
  }
  timeline.done.insert(job.signal);
  uint64_t open = std::numeric_limits<uint64_t>::max();  // the lowest value whose work is not done
  for (const Job& other : queue_) {
    if (other.timeline == &timeline) open = std::min(open, other.signal);
  }
  while (!timeline.done.empty() && *timeline.done.begin() < open) {
    timeline.reached = *timeline.done.begin();
    timeline.done.erase(timeline.done.begin());
  }
}

}  // namespace opaque
