#include "core/device/timeline.hpp"

#include <algorithm>
#include <cstring>

namespace weft {
namespace {

/// How long one call waits, in nanoseconds. Longer: a device that is lost is noticed later.
constexpr uint64_t kPatience = 1'000'000'000;

void copy_on_host(std::span<const weft_region> regions) {
  for (const weft_region& r : regions) {
    if (r.from_host != nullptr) {
      std::memcpy(r.to_host, r.from_host, r.bytes);
    } else {
      std::memset(r.to_host, 0, r.bytes);
    }
  }
}

}  // namespace

Result<std::shared_ptr<Timeline>> Timeline::create(std::shared_ptr<Device> device) {
  std::shared_ptr<Timeline> timeline(new Timeline(std::move(device)));
  const Device& d = *timeline->device_;
  if (!d.has_timelines()) return timeline;
  WEFT_CHECK_OK(d.make("timeline_new", timeline->handle_,
                       [&](weft_timeline** out) { return d.api().timeline_new(d.handle(), out); }));
  return timeline;
}

Timeline::~Timeline() {
  if (handle_ == nullptr) return;
  (void)reach();
  call_free([&] { device_->api().timeline_free(handle_); });
}

weft_when Timeline::next() const {
  return handle_ == nullptr ? weft_when{} : weft_when{handle_, given_, given_ + 1};
}

Status Timeline::transfer(std::span<const weft_region> regions) {
  if (regions.empty()) return {};
  if (device_->host_pointers()) {
    copy_on_host(regions);
    return {};
  }
  weft_transfer t{};
  t.hdr.struct_size = WEFT_END(weft_transfer, when);
  t.regions = regions.data(), t.n_regions = static_cast<uint32_t>(regions.size()), t.when = next();
  WEFT_CHECK_OK(device_->call("transfer", [&] { return device_->api().transfer(device_->handle(), &t); }));
  given_ = t.when.signal;
  return {};
}

Status Timeline::execute(weft_instance* instance, std::span<const int64_t> sizes,
                         std::span<const weft_binding> bindings) {
  weft_submit s{};
  s.hdr.struct_size = WEFT_END(weft_submit, options);
  s.sizes = sizes.data(), s.n_sizes = static_cast<uint32_t>(sizes.size());
  s.bindings = bindings.data(), s.n_bindings = static_cast<uint32_t>(bindings.size());
  s.binding_stride = sizeof(weft_binding), s.when = next();
  WEFT_CHECK_OK(device_->call("execute", [&] { return device_->api().execute(instance, &s); }));
  given_ = s.when.signal;
  return {};
}

Status Timeline::wait() { return in_context(reach()); }

Status Timeline::in_context(const Status& s) const {
  return s.ok() ? s : device_->failed("timeline_wait", s);
}

Status Timeline::reach() {
  if (handle_ == nullptr || given_ == reached_) return {};
  Status s;
  do {  // not by Device::call, which would not ask a lost device
    s = call_plugin(device_->table().plugin_id, "timeline_wait",
                    [&] { return device_->api().timeline_wait(handle_, given_, kPatience); });
  } while (s.code() == Code::kDeadlineExceeded);
  reached_ = given_;
  failed_ = !s.ok();
  return s;
}

Result<std::shared_ptr<Timeline>> Timelines::of(const std::shared_ptr<Device>& device) {
  for (const auto& timeline : all_) {
    if (timeline->device() == device) return timeline;
  }
  WEFT_TRY(auto made, Timeline::create(device));
  all_.push_back(made);
  return made;
}

Status Timelines::drain() {
  Status failure;
  std::shared_ptr<Timeline> of;
  for (const auto& timeline : all_) {  // all of them, before anything can run out of memory
    Status s = timeline->reach();
    if (!s.ok() && of == nullptr) failure = std::move(s), of = timeline;
  }
  if (of != nullptr) failure = of->in_context(failure);
  std::erase_if(all_, [](const auto& timeline) { return timeline->failed(); });
  return failure;
}

}  // namespace weft
