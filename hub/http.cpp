#include "hub/http.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <mutex>

#include "core/base/error.hpp"
#include "hub/curl.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

constexpr std::size_t kMostHeaderBytes = std::size_t{256} << 10;
constexpr std::size_t kMostErrorBytes = std::size_t{256} << 10;  // how much of an error's text is kept
// What a compressed answer may grow to, beside a megabyte. Larger: a server costs more memory and disk for each byte
// that it sends.
constexpr uint64_t kMostGrowth = 100;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl().global_init(CURL_GLOBAL_DEFAULT); });
}

/// Blocks SIGPIPE: TLS may write to a connection that is gone, and the host's process must not die of it.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigset_t pending;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec now{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

struct FreeList {
  void operator()(curl_slist* l) const { curl().slist_free_all(l); }
};

Status what_failed(CURLcode code, const std::string& url, const Settings& s) {
  const std::string where = shown_url(url);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return error(Code::kFailedPrecondition,
                   "{}: its certificate is not trusted ({}); install ca-certificates, or name your authority's file in "
                   "SSL_CERT_FILE",
                   where,
                   curl().easy_strerror(code));
    case CURLE_OPERATION_TIMEDOUT:
      return error(Code::kUnavailable, "{}: no answer in {:g} s", where, std::max(s.stall_seconds, s.connect_seconds));
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(Code::kUnavailable, "{}: could not resolve the name of the {}; check it, and the network", where,
                   code == CURLE_COULDNT_RESOLVE_HOST ? "host" : "proxy");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return invalid("{}: not a URL that can be fetched", where);
    case CURLE_OUT_OF_MEMORY: return error(Code::kResourceExhausted, "out of memory");
    default: return error(Code::kUnavailable, "{}: {}", where, curl().easy_strerror(code));
  }
}

}  // namespace

std::string Response::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

struct Connection::Transfer {
  const Request& request;
  const Cancelled& cancelled;
  CURL* easy;
  Response response;
  Status status;
  std::size_t header_bytes = 0;
  uint64_t body_bytes = 0;

  static std::size_t on_header(char* data, std::size_t, std::size_t n, void* self) {
    auto& t = *static_cast<Transfer*>(self);
    if ((t.header_bytes += n) > kMostHeaderBytes) {
      t.status = error(Code::kResourceExhausted, "{}: more than {} bytes of headers", shown_url(t.request.url),
                       kMostHeaderBytes);
      return 0;
    }
    std::string_view line(data, n);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) t.response.headers.clear();  // a new head: the one before was a proxy's, or 1xx
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return n;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    t.response.headers[lower(line.substr(0, colon))] = std::string(value);
    return n;
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t n, void* self) {
    auto& t = *static_cast<Transfer*>(self);
    if (t.response.status == 0) curl().easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &t.response.status);
    const bool sink = t.request.sink && (t.response.status == 200 || t.response.status == 206);
    const bool refusal = t.response.status >= 400;
    const uint64_t most = refusal ? 4 * kMostErrorBytes : t.request.most_body;
    curl_off_t sent = 0;
    curl().easy_getinfo(t.easy, CURLINFO_SIZE_DOWNLOAD_T, &sent);
    if ((t.body_bytes += n) > most) {
      t.status = error(Code::kResourceExhausted, "{}: sends more than the {} bytes expected",
                       shown_url(t.request.url), most);
    } else if (t.body_bytes > (1u << 20) + kMostGrowth * static_cast<uint64_t>(sent)) {
      t.status = error(Code::kResourceExhausted, "{}: a compressed answer grows to more than {} times its size",
                       shown_url(t.request.url), kMostGrowth);
    } else if (sink) {
      t.status = t.request.sink(t.response, {data, n});
    } else if (!refusal || t.response.body.size() < kMostErrorBytes) {
      t.response.body.append(data, n);
    }
    return t.status.ok() ? n : 0;
  }

  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& t = *static_cast<Transfer*>(self);
    return t.cancelled && t.cancelled() ? 1 : 0;
  }
};

Connection::Connection(const Settings& settings, Cancelled cancelled)
    : settings_(settings), cancelled_(std::move(cancelled)) {
  init_curl_once();
  easy_ = curl().easy_init();
}

Connection::~Connection() { curl().easy_cleanup(static_cast<CURL*>(easy_)); }

Result<Response> Connection::perform(const Request& r) {
  auto* c = static_cast<CURL*>(easy_);
  if (c == nullptr) return error(Code::kResourceExhausted, "no memory for a connection");
  Transfer t{r, cancelled_, c};
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const std::string& h : r.headers) headers.reset(curl().slist_append(headers.release(), h.c_str()));
  curl().easy_reset(c);  // connections stay open
  curl().easy_setopt(c, CURLOPT_URL, r.url.c_str());
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // its successor came with 7.85; Ubuntu 22.04 has 7.81
  curl().easy_setopt(c, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#pragma GCC diagnostic pop
  curl().easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl().easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(c, CURLOPT_USERAGENT, "weft/0");
  curl().easy_setopt(c, CURLOPT_HTTPHEADER, headers.get());
  curl().easy_setopt(c, CURLOPT_NOBODY, r.head ? 1L : 0L);
  if (!r.range.empty()) curl().easy_setopt(c, CURLOPT_RANGE, r.range.c_str());
  // Either way libcurl decodes what comes: a server may compress without being asked.
  curl().easy_setopt(c, CURLOPT_ACCEPT_ENCODING, r.compressed ? "gzip, deflate" : "identity");
  curl().easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_seconds * 1000));
  curl().easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl().easy_setopt(c, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(settings_.stall_seconds)));
  curl().easy_setopt(c, CURLOPT_BUFFERSIZE, 512L << 10);
  curl().easy_setopt(c, CURLOPT_PROXY,
                   (is_https(r.url) ? settings_.https_proxy : settings_.http_proxy).c_str());  // empty: no proxy
  curl().easy_setopt(c, CURLOPT_NOPROXY, settings_.no_proxy.c_str());
  if (!settings_.ca_file.empty()) curl().easy_setopt(c, CURLOPT_CAINFO, settings_.ca_file.c_str());
  if (!settings_.ca_folder.empty()) curl().easy_setopt(c, CURLOPT_CAPATH, settings_.ca_folder.c_str());
  curl().easy_setopt(c, CURLOPT_HEADERFUNCTION, Transfer::on_header);
  curl().easy_setopt(c, CURLOPT_HEADERDATA, &t);
  curl().easy_setopt(c, CURLOPT_WRITEFUNCTION, Transfer::on_body);
  curl().easy_setopt(c, CURLOPT_WRITEDATA, &t);
  curl().easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl().easy_setopt(c, CURLOPT_XFERINFOFUNCTION, Transfer::on_progress);
  curl().easy_setopt(c, CURLOPT_XFERINFODATA, &t);
  const NoBrokenPipe guard;
  const CURLcode code = curl().easy_perform(c);
  unresolved_ = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
  if (!t.status.ok()) return t.status;
  if (code == CURLE_ABORTED_BY_CALLBACK) return error(Code::kCancelled, "cancelled");
  if (code != CURLE_OK) return what_failed(code, r.url, settings_);
  curl().easy_getinfo(c, CURLINFO_RESPONSE_CODE, &t.response.status);
  return std::move(t.response);
}

}  // namespace weft::hub
