// https://: one file. Its ETag and size stand for the commit; "#sha256=..." pins its content.
#include <cstdio>

#include "core/base/error.hpp"
#include "hub/names.hpp"
#include "hub/remote.hpp"

namespace weft::hub {
namespace {

class UrlRemote : public Remote {
 public:
  explicit UrlRemote(const std::string& url) {
    const std::size_t hash = url.find('#');
    url_ = url.substr(0, hash);
    if (hash != url.npos) fragment_ = url.substr(hash + 1);
    server_.endpoint = url_;
  }
  std::string text() const override { return shown_url(url_); }
  std::string cache_name() const override {
    const auto id = hash_of(HashKind::kSha256, url_);
    return "url--" + (id.ok() ? id->substr(0, 32) : "");
  }

  Result<std::string> commit(Client& client, const std::string&, int tries) override {
    if (!fragment_.empty()) {
      if (!fragment_.starts_with("sha256=") || !is_hex(fragment_.substr(7), 64)) {
        return invalid("{}: behind # stands something else than sha256= and 64 hexadecimal digits", text());
      }
      return fragment_.substr(7);
    }
    WEFT_CHECK_OK(probe(client, tries));
    WEFT_TRY(const std::string id,
             hash_of(HashKind::kSha256, fmt::format("{}\n{}\n{}\n{}", url_, etag_, modified_, size_)));
    return id.substr(0, 40);
  }

  Result<Listing> list(Client& client, const std::string& commit) override {
    if (size_ == 0) WEFT_CHECK_OK(probe(client, 6));
    Entry e;
    WEFT_TRY(e.path, url_unquote(text().substr(text().rfind('/') + 1)));
    if (!check_path(e.path).ok() || e.path.find('/') != e.path.npos) e.path = "file";
    e.size = size_;
    (is_hex(commit, 64) ? e.sha256 : e.blob_id) = commit;
    return Listing{e};
  }

  RemoteFile file(const std::string&, const Entry& e) const override {
    RemoteFile f;
    f.call.server = &server_;
    f.call.request.url = url_;
    f.size = e.size;
    if (!e.sha256.empty()) f.digest = {HashKind::kSha256, e.sha256};
    if (!etag_.starts_with("W/")) f.etag = etag_;
    f.asked = {text(), "", e.path};
    return f;
  }

 private:
  Status probe(Client& client, int tries) {
    Connection connection = client.connection();
    Call call;
    call.server = &server_;
    call.tries = tries;
    call.request.url = url_;
    call.request.head = true;
    WEFT_TRY(Answer a, client.send(connection, call));
    std::string length = a.response.header("content-length");
    // The server knows no HEAD, or signs GET alone.
    if (a.response.status == 403 || a.response.status == 405 || a.response.status == 501) {
      call.request.head = false;
      call.request.range = "0-0";
      call.request.most_body = 1;
      WEFT_TRY(a, client.send(connection, call));
      const std::string range = a.response.header("content-range");
      length = a.response.status == 206 ? range.substr(range.rfind('/') + 1) : "";
    }
    if (a.response.status != 200 && a.response.status != 206) return refusal(a.response, a.url, {text()});
    unsigned long long size = 0;
    if (std::sscanf(length.c_str(), "%llu", &size) != 1 || size == 0 || size > (1ull << 50)) {
      return error(Code::kFailedPrecondition, "{}: the server does not say how long the file is", text());
    }
    size_ = size, etag_ = a.response.header("etag"), modified_ = a.response.header("last-modified");
    return {};
  }

  std::string url_, fragment_, etag_, modified_;
  Server server_;
  uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Remote> url_remote(const std::string& url) { return std::make_unique<UrlRemote>(url); }

}  // namespace weft::hub
