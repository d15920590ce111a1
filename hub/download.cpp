#include "hub/download.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "core/base/error.hpp"
#include "hub/follower.hpp"
#include "hub/header.hpp"
#include "hub/names.hpp"
#include "hub/workers.hpp"

namespace weft::hub {
namespace {

constexpr int kTriesWithoutProgress = 5;  // in a row; then the download fails
// Bytes that are held before they are written. Larger: fewer writes (a connection hands out 16 KB at a time), but a
// kill -9 loses more.
constexpr std::size_t kWrite = std::size_t{256} << 10;

Status wrong_hash(const RemoteFile& f, const std::string& got) {
  return error(Code::kDataLoss, "{}: {}: hash {}, expected {}; what the server sends is damaged", f.asked.repo,
               f.asked.path, got, f.digest.hex);
}

/// The download of one file by several threads.
class Download {
 public:
  Download(Client& client, const RemoteFile& file, PartFile& part, const OnBytes& on_bytes)
      : client_(client), file_(file), part_(part), on_bytes_(on_bytes), cancelled_([this] {
          return stop_ || client_.is_cancelled();
        }), location_(file.location) {}

  /// Fetches all chunks. ABORTED when the server knows no ranges.
  Status by_ranges(uint32_t connections) {
    if (location_.empty()) {
      Connection first(client_.settings(), cancelled_);
      WEFT_CHECK_OK(locate(first));
    }
    const Status s = run_on_threads(std::min<std::size_t>(connections, part_.chunks()), [this] { return work(); });
    return s.ok() && client_.is_cancelled() ? error(Code::kCancelled, "cancelled") : s;
  }

  /// Fetches the first bytes, and notes where they were found. ABORTED when the server knows no ranges.
  Status start(Connection& connection, uint64_t bytes) {
    if (location_.empty()) WEFT_CHECK_OK(locate(connection));
    for (std::size_t i = 0; i < part_.chunks() && part_.begin(i) < bytes; ++i)
      WEFT_CHECK_OK(chunk(connection, i, std::min(bytes - part_.begin(i), part_.bytes(i))));
    return {};
  }
  const std::string& location() const { return location_; }

  /// Reads the file from start to end, and again from the start when the connection breaks.
  Status whole() {
    Connection connection(client_.settings(), cancelled_);
    for (int n = 0;; ++n) {
      on_bytes_(-static_cast<int64_t>(part_.done()));
      if (Status s = part_.reset(); !s.ok()) return s.with_context(file_.asked.repo + ": " + file_.asked.path);
      std::size_t chunk = 0;
      Status fatal;
      Call call = file_.call;
      call.tries = 1;
      call.request.most_body = part_.size();
      call.request.sink = [&](const Response&, std::string_view data) { return fatal = spread(data, chunk); };
      auto a = client_.send(connection, call);
      if (!fatal.ok()) return fatal;
      if (part_.done() == part_.size()) return {};
      if (!a.ok() && a.status().code() == Code::kCancelled) return a.status();
      const bool refused = a.ok() && a->response.status != 200;
      if (n + 1 == kTriesWithoutProgress || (refused && !may_heal(a->response.status))) {
        return refused ? refusal(a->response, a->url, file_.asked) : a.ok() ? short_body() : a.status();
      }
      const double asked = a.ok() ? asked_wait(a->response) : -1;
      WEFT_CHECK_OK(nap(asked >= 0 ? asked : client_.pause(n)));
    }
  }

 private:
  Status short_body() const {
    return error(Code::kDataLoss, "{}: {}: {} bytes came, expected {}", file_.asked.repo, file_.asked.path,
                 part_.done(), part_.size());
  }

  /// The addresses on another host were asked for again and again, and each was refused.
  Status refused_address(const std::string& url, long status) const {
    return error(Code::kUnavailable,
                 "{}: {}: {} refuses each address that {} signs for it (status {}); check this machine's clock, or try "
                 "again later",
                 file_.asked.repo, file_.asked.path, origin(url), origin(file_.call.request.url), status);
  }

  Status spread(std::string_view data, std::size_t& chunk) {
    while (!data.empty() && chunk < part_.chunks()) {
      const std::size_t n = std::min<uint64_t>(data.size(), part_.bytes(chunk) - part_.done(chunk));
      WEFT_CHECK_OK(part_.append(chunk, data.substr(0, n)));
      on_bytes_(static_cast<int64_t>(n));
      data.remove_prefix(n);
      if (part_.done(chunk) == part_.bytes(chunk)) ++chunk;
    }
    return {};
  }

  /// Finds where the bytes are: the URL that the server redirects to, which may be signed and expire.
  Status locate(Connection& connection) {
    Call head = file_.call;
    head.request.head = true;
    head.stop_at_other_host = true;
    WEFT_TRY(const Answer a, client_.send(connection, head));
    const long status = a.response.status;
    std::lock_guard lock(mutex_);
    location_ = a.url;
    if (status == 405 || status == 501) location_ = file_.call.request.url;  // the server knows no HEAD
    else if (status >= 400) return refusal(a.response, a.url, file_.asked);
    ++located_;
    return {};
  }

  /// Locates the bytes again, unless another thread has done so since `seen`.
  Status renew(Connection& connection, int seen) {
    std::lock_guard only_one(renewing_);
    {
      std::lock_guard lock(mutex_);
      if (located_ != seen) return {};
    }
    return locate(connection);
  }

  Status work() {
    Connection connection(client_.settings(), cancelled_);
    for (std::size_t i; !cancelled_() && (i = next_++) < part_.chunks();) {
      if (Status s = chunk(connection, i, part_.bytes(i)); !s.ok())
        return stop_.exchange(true) ? Status() : s;  // the first failure tells why
    }
    return {};
  }

  /// Checks the head of an answer to a range: ok for a 206 that gives what was asked for, ABORTED for a server that
  /// gives whole files.
  Status check_head(const Response& head, uint64_t from, uint64_t to) const {
    if (head.status == 200 || !head.header("content-encoding").empty()) return error(Code::kAborted, "no ranges");
    const std::string got = head.header("content-range");
    unsigned long long first = 0, last = 0, size = 0;
    const int fields = std::sscanf(got.c_str(), "bytes %llu-%llu/%llu", &first, &last, &size);
    if (fields < 2 || first != from || last > to || (fields == 3 && size != part_.size())) {
      return error(Code::kDataLoss, "{}: {}: the server gives \"{}\", expected \"bytes {}-{}/{}\"", file_.asked.repo,
                   file_.asked.path, clean(got), from, to, part_.size());
    }
    if (file_.digest.kind == HashKind::kNone && !file_.etag.empty() && head.header("etag") != file_.etag) {
      return error(Code::kAborted, "no ranges");  // the file has changed: it is read as a whole
    }
    return {};
  }

  /// Fetches the first `bytes` of a chunk.
  Status chunk(Connection& connection, std::size_t i, uint64_t bytes) {
    const uint64_t end = part_.begin(i) + bytes;
    int failures = 0;
    std::string held;  // bytes that have come since the last write
    const auto write = [&]() -> Status {
      if (held.empty()) return {};
      WEFT_CHECK_OK(part_.append(i, held));
      on_bytes_(static_cast<int64_t>(held.size()));
      held.clear();
      return {};
    };
    while (part_.done(i) < bytes) {
      const uint64_t before = part_.done(i), from = part_.begin(i) + before;
      Call call = file_.call;
      int seen = 0;
      {
        std::lock_guard lock(mutex_);
        call.request.url = location_, seen = located_;
      }
      Status fatal;
      call.tries = 1;
      call.request.range = fmt::format("{}-{}", from, end - 1);
      call.request.most_body = end - from;
      call.request.sink = [&, fits = false](const Response& head, std::string_view data) mutable -> Status {
        if (!fits) WEFT_CHECK_OK(check_head(head, from, end - 1));
        fits = true;
        held.append(data);
        return held.size() < kWrite ? Status() : fatal = write();
      };
      auto a = client_.send(connection, call);
      WEFT_CHECK_OK(fatal);
      WEFT_CHECK_OK(write());
      if (part_.done(i) >= bytes) break;
      if (!a.ok() && (a.status().code() == Code::kCancelled || a.status().code() == Code::kAborted)) return a.status();
      failures = part_.done(i) > before ? 1 : failures + 1;
      double wait = client_.pause(0);
      Status why = a.ok() ? short_body() : a.status();
      if (a.ok() && a->response.status >= 300) {
        why = refusal(a->response, a->url, file_.asked);
        const long status = a->response.status;
        const bool expired =
            origin(call.request.url) != origin(file_.call.request.url) && status < 500 && status != 429;
        if (may_heal(status)) {
          wait = asked_wait(a->response) >= 0 ? asked_wait(a->response) : client_.pause(failures - 1);
        } else if (!expired && status != 416) {
          return why;
        } else if (failures < kTriesWithoutProgress) {
          WEFT_CHECK_OK(renew(connection, seen));
          wait = failures > 1 ? wait : 0;
        } else if (expired) {
          why = refused_address(call.request.url, status);
        }
      }
      if (failures >= kTriesWithoutProgress) return why;
      WEFT_CHECK_OK(nap(wait));
    }
    return {};
  }

  Status nap(double seconds) const {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
         std::chrono::steady_clock::now() < end;) {
      if (cancelled_()) return error(Code::kCancelled, "cancelled");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {};
  }

  Client& client_;
  const RemoteFile& file_;
  PartFile& part_;
  const OnBytes& on_bytes_;
  const Cancelled cancelled_;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> next_{0};
  std::mutex renewing_, mutex_;
  std::string location_;
  int located_ = 0;
};

/// Fetches the file once. Gives its hash, or nothing when there is none to compare it with.
Result<std::string> attempt(Client& client, const RemoteFile& file, PartFile& part, uint32_t connections,
                            const OnBytes& on_bytes) {
  Download download(client, file, part, on_bytes);
  std::optional<Follower> follower;
  auto follow = [&]() -> Status {
    if (file.digest.kind == HashKind::kNone) return {};
    WEFT_TRY(Hasher hasher, Hasher::create(file.digest.kind, file.size));
    follower.emplace(part, std::move(hasher));
    return {};
  };
  WEFT_CHECK_OK(follow());
  Status s = download.by_ranges(connections);
  if (s.code() == Code::kAborted) {
    follower.reset();  // it has hashed bytes that are written again
    Download again(client, file, part, on_bytes);
    s = again.whole();
    if (s.ok()) WEFT_CHECK_OK(follow());
  }
  WEFT_CHECK_OK(s);
  return follower ? follower->hex() : std::string();
}

}  // namespace

Result<std::string> download_small(Client& client, Connection& connection, const RemoteFile& file,
                                   const OnBytes& on_bytes) {
  for (int n = 0;; ++n) {
    Call call = file.call;
    call.request.most_body = file.size;
    WEFT_TRY(Answer a, client.send(connection, call));
    Response& r = a.response;
    if (r.status != 200) return refusal(r, a.url, file.asked);
    Status wrong;
    if (r.body.size() != file.size) {
      wrong = error(Code::kDataLoss, "{}: {}: {} bytes came, expected {}", file.asked.repo, file.asked.path,
                    r.body.size(), file.size);
    } else if (file.digest.kind != HashKind::kNone) {
      WEFT_TRY(const std::string got, hash_of(file.digest.kind, r.body));
      if (got != file.digest.hex) wrong = wrong_hash(file, got);
    }
    if (wrong.ok()) {
      on_bytes(static_cast<int64_t>(r.body.size()));
      return std::move(r.body);
    }
    if (n > 0) return wrong;
    WEFT_CHECK_OK(client.sleep(client.pause(0)));
  }
}

Result<PartFile> open_part(const std::string& path, uint64_t size, uint32_t connections) {
  return PartFile::open(path, size, std::clamp<uint64_t>(size / (uint64_t{connections} * 8), 1u << 20, 64u << 20));
}

Status download_head(Client& client, RemoteFile& file, PartFile& part, const OnBytes& on_bytes) {
  const auto length_of = header_length(file.asked.path);
  if (length_of == nullptr) return {};
  Download download(client, file, part, on_bytes);
  Connection connection = client.connection();
  for (uint64_t bytes = std::min(kFirstOfHeader, part.size());;) {
    Status s = download.start(connection, bytes);
    if (s.code() == Code::kAborted) return {};
    WEFT_CHECK_OK(s);
    file.location = download.location();
    std::string start(bytes, '\0');
    WEFT_CHECK_OK(part.read(0, start.data(), bytes));
    const auto length = length_of(start);
    if (!length.ok()) return {};  // whoever opens the file says what is wrong with it
    const uint64_t next = std::min(*length ? **length : bytes * 4, part.size());
    if (next <= bytes || next > kMostOfHeader) return {};
    bytes = next;
  }
}

Status download_big(Client& client, const RemoteFile& file, PartFile& part, const std::string& to, uint32_t connections,
                    const OnBytes& on_bytes) {
  for (int n = 0;; ++n) {
    WEFT_TRY(const std::string got, attempt(client, file, part, connections, on_bytes));
    if (file.digest.kind == HashKind::kNone || got == file.digest.hex) return part.finish(to);
    if (n > 0 || part.lent()) {
      part.remove();
      return wrong_hash(file, got);
    }
    client.warn(fmt::format("{}: {}: the hash is wrong; fetching it again", file.asked.repo, file.asked.path));
    on_bytes(-static_cast<int64_t>(part.done()));
    if (Status s = part.reset(); !s.ok()) {  // bytes have been lent meanwhile
      part.remove();
      return wrong_hash(file, got);
    }
  }
}

}  // namespace weft::hub
