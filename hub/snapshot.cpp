#include "hub/snapshot.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "core/base/error.hpp"
#include "hub/header.hpp"
#include "hub/names.hpp"
#include "hub/workers.hpp"

namespace weft::hub {
namespace {

/// Whether the files that happen to be there can be a whole model: config, tokenizer, weights.
bool looks_whole(const Listing& present, const Wanted& wanted, const ReadFile& read) {
  if (wanted.all || !wanted.include.empty() || !wanted.exclude.empty()) return false;
  const auto s = select_files(present, wanted, read);
  if (!s.ok()) return false;
  // Without a name, another quant may be meant.
  if (s->open.ends_with(".gguf")) return !wanted.quant.empty() || !wanted.path.empty();
  if (!s->open.empty()) return true;
  auto there = [&](const char* pattern) {
    return std::any_of(s->paths.begin(), s->paths.end(), [&](const std::string& p) { return glob(pattern, p); });
  };
  return there("*config.json") && (there("*tokenizer*") || there("*vocab*") || there("*.model"));
}

bool holds_weights(const std::string& path) {
  return header_length(path) != nullptr || path.ends_with(".bin") || path.ends_with(".pt") || path.ends_with(".pth");
}

std::string words_without(const Status& s, const std::string& prefix) {
  std::string m(s.message());
  return m.starts_with(prefix + ": ") ? m.substr(prefix.size() + 2) : m;
}

}  // namespace

Status Snapshot::offline_miss(const std::string& what) const {
  if (!out_of_reach_.ok()) return out_of_reach_;
  return error(Code::kUnavailable,
               "{}: offline (HF_HUB_OFFLINE), and {} not in the cache; go online and run weft pull", remote_.text(),
               what);
}

Status Snapshot::find_commit(const std::string& revision) {
  if (is_commit(revision)) {
    commit_ = revision;
    return {};
  }
  const auto cached = cache_.ref(revision);
  if (client_.settings().offline) {
    if (!cached) return offline_miss(fmt::format("\"{}\" is", clean(revision)));
    commit_ = *cached;
    return {};
  }
  auto now = remote_.commit(client_, revision, cached ? 1 : 6);
  if (now.ok()) {
    commit_ = *now;
    return {};
  }
  if (!cached || !cache_may_serve(now.status())) return now.status();
  out_of_reach_ = now.status();
  commit_ = *cached;
  client_.warn(fmt::format("{}: what the cache holds of {} is used: {}", remote_.text(), clean(revision),
                           words_without(now.status(), remote_.text())));
  return {};
}

Status Snapshot::find_listing(const std::string& revision) {
  if (auto tree = cache_.tree(commit_)) {
    listing_ = std::move(*tree);
    return {};
  }
  const bool cut_off = client_.settings().offline || !out_of_reach_.ok();
  const ReadFile read = [this](const Entry& e) { return this->read(e); };
  Listing present = cache_.present(commit_);
  if (!present.empty() && (cut_off || (is_commit(revision) && looks_whole(present, options_.wanted, read)))) {
    listing_ = std::move(present);
    listing_is_whole_ = false;
    return {};
  }
  if (cut_off) return offline_miss("the list of its files is");
  WEFT_TRY(listing_, remote_.list(client_, commit_));
  WEFT_CHECK_OK(cache_.prepare());
  if (Status s = cache_.write_tree(commit_, listing_); !s.ok()) client_.warn(std::string(s.message()));
  return {};
}

Result<std::string> Snapshot::read(const Entry& entry) {
  if (!cache_.has(commit_, entry.path)) {
    const Entries missing = {&entry};
    WEFT_CHECK_OK(prepare(missing));
    const auto meter = meter_for(missing);
    WEFT_CHECK_OK(fetch(missing, *meter));
    meter->end();
  }
  auto text = read_small_file(cache_.file(commit_, entry.path), std::size_t{64} << 20);
  if (!text)
    return error(Code::kUnavailable, "{}: {}: cannot be read, or is too large", remote_.text(), clean(entry.path));
  return std::move(*text);
}

Result<Selection> Snapshot::select() {
  auto s = select_files(listing_, options_.wanted, [this](const Entry& e) { return read(e); });
  if (s.ok()) return s;
  if (s.status().code() == Code::kNotFound && listing_is_whole_ && !options_.wanted.path.empty()) {
    if (cache_.prepare().ok())
      (void)cache_.note_missing(commit_, options_.wanted.path);  // best effort, as upstream does
  }
  if (!listing_is_whole_) return offline_miss("the files it takes are");
  return s.status().with_context(remote_.text());
}

Result<Pulled> Snapshot::plan(const std::string& revision, Entries& missing) {
  WEFT_CHECK_OK(find_commit(revision));
  if (!options_.wanted.path.empty() && cache_.known_missing(commit_, options_.wanted.path)) {
    return error(Code::kNotFound, "{}: has no file \"{}\" at {}", remote_.text(), clean(options_.wanted.path), commit_);
  }
  WEFT_CHECK_OK(find_listing(revision));
  WEFT_TRY(const Selection selection, select());
  std::map<std::string_view, const Entry*> by_path;
  for (const Entry& e : listing_) by_path[e.path] = &e;
  for (const std::string& path : selection.paths) {
    if (!cache_.has(commit_, path)) missing.push_back(by_path.at(path));
  }
  if (!missing.empty() && !selection.told.empty()) client_.warn(remote_.text() + ": " + selection.told);
  const std::string folder = cache_.snapshot(commit_);
  return Pulled{selection.open.empty() ? folder : folder + "/" + selection.open, folder, commit_,
                static_cast<uint32_t>(missing.size()), selection.paths};
}

/// Comes last, so that no branch leads to an incomplete snapshot. A cache that cannot be written keeps the ref it has.
void Snapshot::write_ref(const std::string& revision, bool fetched) {
  if (Status s = cache_.write_ref(revision, commit_); !s.ok() && fetched) client_.warn(std::string(s.message()));
}

Result<Pulled> Snapshot::get(const std::string& revision) {
  Entries missing;
  WEFT_TRY(Pulled p, plan(revision, missing));
  if (!missing.empty()) {
    WEFT_CHECK_OK(prepare(missing));
    if (revision != commit_) prepared_ref_.emplace(cache_, commit_);
    const auto meter = meter_for(missing);
    WEFT_CHECK_OK(fetch(missing, *meter));
    meter->end();
  }
  write_ref(revision, !missing.empty());
  return p;
}

Result<Pulled> Snapshot::start(const std::string& revision, std::unique_ptr<Delivery>& delivery) {
  Entries missing, now, later;
  WEFT_TRY(Pulled p, plan(revision, missing));
  if (missing.empty()) {
    write_ref(revision, false);
    return p;
  }
  WEFT_CHECK_OK(prepare(missing));
  if (revision != commit_) prepared_ref_.emplace(cache_, commit_);
  for (const Entry* e : missing) {
    const bool waits = e->size > kSmallFile && holds_weights(e->path) && !cache_.has_blob(e->id(), e->size);
    (waits ? later : now).push_back(e);
  }
  auto meter = meter_for(missing);
  WEFT_CHECK_OK(fetch(now, *meter));
  std::deque<Parcel> parcels;
  const Status claimed = claim(later, parcels);
  if (claimed.ok() && !parcels.empty()) {
    delivery =
        std::make_unique<Delivery>(client_, options_, cache_, commit_, revision, std::move(parcels), std::move(meter));
    return p;
  }
  if (!claimed.ok() && claimed.code() != Code::kAborted) return claimed;
  parcels.clear();
  WEFT_CHECK_OK(fetch(later, *meter));
  meter->end();
  write_ref(revision, true);
  return p;
}

Status Snapshot::claim(const Entries& entries, std::deque<Parcel>& parcels) {
  constexpr std::size_t kMost = 256;  // each takes two descriptors; more files are fetched at once, without a delivery
  if (entries.size() > kMost) return error(Code::kAborted, "too many files at once");
  const uint32_t connections = client_.settings().connections;
  for (const Entry* e : entries) {
    WEFT_TRY(FileLock lock, cache_.lock(e->id(), client_.cancelled(), {}, FileLock::Others::kFail));
    if (!lock.held() || cache_.has_blob(e->id(), e->size)) return error(Code::kAborted, "not ours alone");
    const std::string now = cache_.blob(e->id()) + ".weft.incomplete";
    WEFT_TRY(PartFile part, open_part(now, e->size, connections));
    parcels.push_back(
        {*e, remote_.file(commit_, *e), std::move(part), now, std::make_unique<FileLock>(std::move(lock))});
  }
  return {};
}

namespace {

/// The sum of the sizes that a server told, at most UINT64_MAX.
uint64_t total(const std::vector<const Entry*>& entries) {
  uint64_t bytes = 0;
  for (const Entry* e : entries) bytes += std::min(e->size, UINT64_MAX - bytes);
  return bytes;
}

}  // namespace

Status Snapshot::prepare(const Entries& missing) {
  if (client_.settings().offline || !out_of_reach_.ok()) return offline_miss(clean(missing.front()->path) + " is");
  WEFT_CHECK_OK(cache_.prepare());
  const uint64_t bytes = total(missing);
  if (const uint64_t free = cache_.free_bytes(); bytes > free) {
    return error(Code::kResourceExhausted,
                 "{}: {} are to come, but the cache {} has room for {}; HF_HUB_CACHE names another", remote_.text(),
                 bytes_text(bytes), cache_.folder(), bytes_text(free));
  }
  return {};
}

std::unique_ptr<Meter> Snapshot::meter_for(const Entries& missing) const {
  return std::make_unique<Meter>(options_.progress, total(missing), static_cast<uint32_t>(missing.size()));
}

Status Snapshot::fetch(const Entries& missing, Meter& meter) {
  const Settings& settings = client_.settings();
  std::vector<const Entry*> small, big;
  for (const Entry* e : missing) (e->size <= kSmallFile ? small : big).push_back(e);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stop{false};
  WEFT_CHECK_OK(run_on_threads(std::min<std::size_t>(settings.connections, small.size()), [&]() -> Status {
    Connection connection(settings, [&] { return stop || client_.is_cancelled(); });
    for (std::size_t i; !stop && (i = next++) < small.size();) {
      if (Status s = fetch_one(connection, *small[i], meter); !s.ok()) return stop.exchange(true) ? Status() : s;
    }
    return {};
  }));
  Connection connection = client_.connection();
  for (const Entry* e : big) WEFT_CHECK_OK(fetch_one(connection, *e, meter));
  return {};
}

Status Snapshot::fetch_one(Connection& connection, const Entry& e, Meter& meter) {
  const std::string id = e.id(), blob = cache_.blob(id);
  const auto waits = [&] { client_.warn(clean(e.path) + ": waits for another process that fetches it"); };
  WEFT_TRY(const FileLock lock, cache_.lock(id, client_.cancelled(), waits));
  if (cache_.has_blob(id, e.size)) {
    meter.bytes(e.path, e.size, e.size, static_cast<int64_t>(e.size));
  } else {
    const RemoteFile file = remote_.file(commit_, e);
    std::atomic<uint64_t> done{0};
    const OnBytes on_bytes = [&](int64_t more) {
      meter.bytes(e.path, done += static_cast<uint64_t>(more), e.size, more);
    };
    if (e.size <= kSmallFile) {
      WEFT_TRY(const std::string data, download_small(client_, connection, file, on_bytes));
      WEFT_CHECK_OK(write_file(blob, data, unique_name(blob)));
    } else {
      // Where the file system knows no locks, each process has its own part.
      const std::string part = lock.held() ? blob + ".weft.incomplete" : unique_name(blob) + ".weft.incomplete";
      const uint32_t connections = client_.settings().connections;
      WEFT_TRY(PartFile begun, open_part(part, e.size, connections));
      on_bytes(static_cast<int64_t>(begun.done()));
      WEFT_CHECK_OK(download_big(client_, file, begun, blob, connections, on_bytes));
    }
  }
  WEFT_CHECK_OK(cache_.link(commit_, e.path, id));
  meter.file(e.path, e.size);
  return {};
}

}  // namespace weft::hub
