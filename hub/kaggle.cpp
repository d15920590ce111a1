#include "hub/kaggle.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "core/base/error.hpp"
#include "hub/handle.hpp"
#include "hub/meter.hpp"
#include "hub/names.hpp"
#include "hub/remote.hpp"
#include "hub/tar.hpp"

namespace weft::hub {
namespace {

namespace fs = std::filesystem;

/// The md5 of "crc32c=...,md5=<base64>" in hexadecimal; empty when there is none.
std::string md5_of(const std::string& header) {
  const std::size_t at = header.find("md5=");
  if (at == header.npos || header.size() < at + 28) return {};
  std::string hex;
  unsigned bits = 0, have = 0;
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (char c : header.substr(at + 4, 22)) {
    const std::size_t v = digits.find(c);
    if (v == digits.npos) return {};
    bits = bits << 6 | static_cast<unsigned>(v), have += 6;
    if (have >= 8) hex += fmt::format("{:02x}", bits >> (have -= 8) & 0xff);
  }
  return hex;
}

class Kaggle {
 public:
  Kaggle(Client& client, KaggleHandle handle, const PullOptions& options)
      : client_(client),
        handle_(std::move(handle)),
        options_(options),
        server_{client.settings().kaggle, client.settings().kaggle_authorization} {
    std::string name = "kaggle--" + handle_.model;
    for (std::size_t at; (at = name.find('/')) != name.npos;) name.replace(at, 1, "--");
    folder_ = client.settings().own_cache + "/" + name;
  }

  Result<Pulled> pull() {
    if (handle_.version.empty()) WEFT_CHECK_OK(newest());
    const std::string to = folder_ + "/" + handle_.version;
    if (is_there(to)) return Pulled{to, to, handle_.version, 0};
    if (client_.settings().offline)
      return error(Code::kUnavailable, "{}: offline, and version {} is not in the cache", text(), handle_.version);
    WEFT_CHECK_OK(make());
    const auto waits = [&] { client_.warn(text() + ": waits for another process that fetches it"); };
    WEFT_TRY(const FileLock lock,
             FileLock::take(folder_ + "/." + handle_.version + ".lock", client_.cancelled(), waits));
    if (!is_there(to)) WEFT_CHECK_OK(fetch(to));
    return Pulled{to, to, handle_.version, 1};
  }

 private:
  static bool is_there(const std::string& folder) {
    std::error_code none;
    return fs::is_directory(folder, none);
  }
  std::string text() const { return "kaggle://" + handle_.model; }
  std::string api() const { return server_.endpoint + "/api/v1/models/" + handle_.model; }
  Asked asked() const { return {text(), handle_.version, "", !server_.authorization.empty()}; }

  Status make() const {
    std::error_code failed;
    fs::create_directories(folder_, failed);
    return failed ? error(Code::kPermissionDenied, "{}: cannot be made: {}", folder_, failed.message()) : Status();
  }

  /// Asks for the newest version; offline, takes the one that was the newest when last asked.
  Status newest() {
    if (!client_.settings().offline) {
      Json answer;
      const DrainAtEnd drain(answer);
      WEFT_CHECK_OK(get_json(client_, server_, api() + "/get", asked(), 6, answer).status());
      const auto version = json_number(answer, "versionNumber");
      if (!version) return error(Code::kDataLoss, "{}: the server names no version", text());
      handle_.version = std::to_string(*version);
      WEFT_CHECK_OK(make());
      return write_file(folder_ + "/.newest", handle_.version, unique_name(folder_ + "/.tmp"));
    }
    const auto known = read_small_file(folder_ + "/.newest", 20);
    if (!known || known->find_first_not_of("0123456789") != known->npos)
      return error(Code::kUnavailable, "{}: offline, and no version is in the cache", text());
    handle_.version = *known;
    return {};
  }

  Status fetch(const std::string& to) {
    RemoteFile file;
    file.call.server = &server_;
    file.call.request.url = api() + "/" + handle_.version + "/download";
    file.asked = asked();
    file.asked.path = "archive";
    WEFT_CHECK_OK(probe(file));
    const std::string archive = folder_ + "/." + handle_.version + ".tar";
    Meter meter(options_.progress, file.size, 1);
    std::atomic<uint64_t> done{0};
    const OnBytes on_bytes = [&](int64_t more) {
      meter.bytes("archive", done += static_cast<uint64_t>(more), file.size, more);
    };
    const uint32_t connections = client_.settings().connections;
    WEFT_TRY(PartFile part, open_part(archive + ".weft.incomplete", file.size, connections));
    on_bytes(static_cast<int64_t>(part.done()));
    WEFT_CHECK_OK(download_big(client_, file, part, archive, connections, on_bytes));
    const std::string temporary = unique_name(folder_ + "/.unpack");
    WEFT_CHECK_OK(make_folders(folder_, temporary.substr(folder_.size() + 1)));
    Status s = unpack_tar(archive, temporary, file.size * 20 + (64u << 20), client_.cancelled());
    if (s.ok() && rename(temporary.c_str(), to.c_str()) != 0)
      s = error(Code::kPermissionDenied, "{}: cannot be made", to);
    std::error_code ignored;
    if (!s.ok()) fs::remove_all(temporary, ignored);
    if (s.code() != Code::kCancelled) unlink(archive.c_str());
    meter.file("archive", file.size);
    meter.end();
    return s;
  }

  /// Asks for the size and the md5 of the archive.
  Status probe(RemoteFile& file) {
    Connection connection = client_.connection();
    Call call = file.call;
    call.request.range = "0-0";
    call.request.most_body = 1;
    WEFT_TRY(const Answer a, client_.send(connection, call));
    if (a.response.status != 206) {
      if (a.response.status >= 300) return refusal(a.response, a.url, file.asked);
      return error(Code::kUnimplemented, "{}: the server gives no ranges of the archive", text());
    }
    const std::string range = a.response.header("content-range");
    unsigned long long size = 0;
    if (std::sscanf(range.c_str(), "bytes 0-0/%llu", &size) != 1 || size == 0 || size > (1ull << 50)) {
      return error(Code::kDataLoss, "{}: the server does not say how long the archive is", text());
    }
    file.size = size;
    if (const std::string md5 = md5_of(a.response.header("x-goog-hash")); md5.size() == 32)
      file.digest = {HashKind::kMd5, md5};
    return {};
  }

  Client& client_;
  KaggleHandle handle_;
  const PullOptions& options_;
  Server server_;
  std::string folder_;
};

}  // namespace

Result<Pulled> pull_kaggle(Client& client, const std::string& handle, const PullOptions& options) {
  WEFT_TRY(KaggleHandle h, parse_kaggle_handle(handle));
  return Kaggle(client, std::move(h), options).pull();
}

}  // namespace weft::hub
