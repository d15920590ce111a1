#include "hub/tar.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

#include "core/base/error.hpp"
#include "hub/cache.hpp"
#include "hub/durable.hpp"
#include "hub/names.hpp"

namespace weft::hub {
namespace {

constexpr std::size_t kBlock = 512, kMostEntries = 100000, kMostName = 64 << 10;

struct CloseArchive {
  void operator()(gzFile f) const { gzclose(f); }
};

/// Reads a number of a header: octal as "0000644\0 " or, if large, base 256. False when it is damaged.
bool number(std::string_view field, uint64_t& out) {
  if (static_cast<unsigned char>(field[0]) & 0x80) {
    out = static_cast<unsigned char>(field[0]) & 0x3f;
    for (char c : field.substr(1)) {
      if (out >> 55) return false;
      out = out << 8 | static_cast<unsigned char>(c);
    }
    return true;
  }
  field = field.substr(0, field.find('\0'));
  const std::size_t first = field.find_first_not_of(' ');
  if (first == field.npos) return out = 0, true;
  field = field.substr(first, field.find(' ', first) - first);
  return std::from_chars(field.data(), field.data() + field.size(), out, 8).ec == std::errc();
}

std::string text(const char* field, std::size_t size) { return {field, strnlen(field, size)}; }

class Unpacker {
 public:
  Unpacker(gzFile in, std::string archive, std::string folder, uint64_t most, const Cancelled& cancelled)
      : in_(in), archive_(std::move(archive)), folder_(std::move(folder)), left_(most), cancelled_(cancelled) {}

  Status run() {
    char header[kBlock];
    for (std::size_t n = 0;; ++n) {
      if (n > kMostEntries) return error(Code::kResourceExhausted, "{}: more than {} entries", archive_, kMostEntries);
      WEFT_TRY(const bool more, block(header));
      if (!more || std::all_of(header, header + kBlock, [](char c) { return c == 0; })) return {};
      WEFT_CHECK_OK(entry(header));
    }
  }

 private:
  Status damaged(const char* what) const { return error(Code::kDataLoss, "{}: {}", archive_, what); }

  Result<bool> block(char* out) {
    const int n = gzread(in_, out, kBlock);
    if (n == 0) return false;
    if (n != static_cast<int>(kBlock)) return damaged("is cut off or damaged");
    return true;
  }

  Status entry(const char* h) {
    uint64_t size = 0, sum = 0, wanted = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(h[i]);
    if (!number({h + 124, 12}, size) || !number({h + 148, 8}, wanted) || sum != wanted)
      return damaged("has a damaged header; is it a tar archive?");
    const char type = h[156];
    std::string name = text(h, 100);
    if (std::memcmp(h + 257, "ustar", 5) == 0 && h[345] != '\0' && h[262] == '\0')
      name = text(h + 345, 155) + "/" + name;
    if (!long_name_.empty()) name = std::exchange(long_name_, {});
    if (has_size_) size = pax_size_, has_size_ = false;
    if (type == 'L' || type == 'x' || type == 'g') return special(type, size);
    while (name.starts_with("./")) name.erase(0, 2);
    while (name.ends_with('/')) name.pop_back();
    if (name.empty() || name == ".") return skip(size);
    if (Status s = check_path(name); !s.ok()) return s.with_context(archive_);
    if (type == '5') return make_folders(folder_, name);
    if (type != '0' && type != '\0')
      return error(Code::kPermissionDenied, "{}: {}: neither a file nor a folder, which is refused", archive_,
                   clean(name));
    return file(name, size);
  }

  /// Reads a long name of GNU tar, or the attributes of a pax header; both are for the next entry.
  Status special(char type, uint64_t size) {
    if (size > kMostName) return damaged("has a header that is too long");
    std::string data;
    for (uint64_t left = size; left > 0;) {
      char buffer[kBlock];
      WEFT_TRY(const bool more, block(buffer));
      if (!more) return damaged("is cut off");
      const std::size_t n = std::min<uint64_t>(left, kBlock);
      data.append(buffer, n);
      left -= n;
    }
    if (type == 'L') long_name_ = text(data.data(), data.size());
    if (type != 'x') return {};
    for (std::size_t at = 0; at < data.size();) {  // each attribute is "<length> key=value\n"
      std::size_t length = 0;
      const auto [rest, failed] = std::from_chars(data.data() + at, data.data() + data.size(), length);
      if (failed != std::errc() || length < 5 || length > data.size() - at) return damaged("has a damaged pax header");
      const std::size_t begin = static_cast<std::size_t>(rest - data.data()) + 1;
      if (begin >= at + length) return damaged("has a damaged pax header");
      const std::string record = data.substr(begin, at + length - 1 - begin);
      if (record.starts_with("path=")) long_name_ = record.substr(5);
      if (record.starts_with("size=")) {
        has_size_ = std::from_chars(record.data() + 5, record.data() + record.size(), pax_size_).ec == std::errc();
      }
      at += length;
    }
    return {};
  }

  Status skip(uint64_t size) {
    char buffer[kBlock];
    for (uint64_t left = size; left > 0; left -= std::min<uint64_t>(left, kBlock)) {
      WEFT_TRY(const bool more, block(buffer));
      if (!more) return damaged("is cut off");
    }
    return {};
  }

  Status file(const std::string& name, uint64_t size) {
    if (size > left_)
      return error(Code::kResourceExhausted, "{}: unpacks to more than is allowed for its size", archive_);
    left_ -= size;
    const std::size_t slash = name.rfind('/');
    if (slash != name.npos) WEFT_CHECK_OK(make_folders(folder_, name.substr(0, slash)));
    const std::string path = folder_ + "/" + name;
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    Status s = fd < 0 ? cannot("written", path, errno) : Status();
    std::vector<char> buffer(std::size_t{1} << 20);
    for (uint64_t left = size; s.ok() && left > 0;) {
      const uint64_t padded = (left + kBlock - 1) / kBlock * kBlock;
      const auto want = static_cast<unsigned>(std::min<uint64_t>(padded, buffer.size()));
      const auto n = static_cast<std::size_t>(std::min<uint64_t>(left, want));
      if (gzread(in_, buffer.data(), want) != static_cast<int>(want)) s = damaged("is cut off or damaged");
      else if (const int why = write_all(fd, buffer.data(), n); why != 0)
        s = cannot("written", path, why);
      if (cancelled_ && cancelled_()) s = error(Code::kCancelled, "cancelled");
      left -= n;
    }
    if (s.ok() && !sync_data(fd)) s = cannot("written", path, errno);
    if (fd >= 0) close(fd);
    return s;
  }

  gzFile in_;
  std::string archive_, folder_;
  uint64_t left_;
  const Cancelled& cancelled_;
  std::string long_name_;
  bool has_size_ = false;
  uint64_t pax_size_ = 0;
};

}  // namespace

Status unpack_tar(const std::string& archive, const std::string& folder, uint64_t most_bytes,
                  const Cancelled& cancelled) {
  // Archives that are not gzipped are read too.
  const std::unique_ptr<gzFile_s, CloseArchive> in(gzopen(archive.c_str(), "rbe"));
  if (!in) return error(Code::kNotFound, "{}: cannot be read: {}", archive, std::strerror(errno));
  gzbuffer(in.get(), 1u << 18);
  return Unpacker(in.get(), archive, folder, most_bytes, cancelled).run();
}

}  // namespace weft::hub
