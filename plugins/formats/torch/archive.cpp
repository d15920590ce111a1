#include "plugins/formats/torch/archive.hpp"

#include <algorithm>
#include <vector>

namespace weft::torch {
namespace {

using sdk::refuse;

constexpr uint64_t kEnd = 22, kLocator = 20, kEnd64 = 56, kCentral = 46, kLocal = 30, kMaxEntries = 1000000,
                   kMaxName = 4096;
constexpr uint32_t kEndMark = 0x06054b50, kLocatorMark = 0x07064b50, kEnd64Mark = 0x06064b50, kCentralMark = 0x02014b50,
                   kLocalMark = 0x04034b50;
constexpr uint16_t kAbsent16 = 0xffff;
constexpr uint32_t kAbsent32 = 0xffffffff;  // like kAbsent16: the true value stands in the zip64 record
constexpr uint16_t kEncrypted = 1, kSizesFollow = 8, kZip64 = 1;

struct Directory {
  uint64_t entries = 0, bytes = 0, begin = 0;
};

/// Finds the directory by the end record, which must be the last thing in the file, or by its zip64 form if there is
/// one.
Directory read_end(const std::string& name, const sdk::MappedBytes& file) {
  if (file.size < kEnd) refuse(name + ": " + std::to_string(file.size) + " bytes, too short for a zip archive");
  const uint64_t end = file.size - kEnd;
  Cursor c(name, file.data, {end, file.size});
  if (c.number<uint32_t>("end of archive") != kEndMark)
    refuse(name + ": does not end with a zip directory (cut off, or with a comment)");
  const auto disk = c.number<uint16_t>("disk"), first_disk = c.number<uint16_t>("disk");
  const auto here = c.number<uint16_t>("count"), total = c.number<uint16_t>("count");
  const auto bytes = c.number<uint32_t>("size"), begin = c.number<uint32_t>("offset");
  if (c.number<uint16_t>("comment") != 0) refuse(name + ": the zip directory has a comment");
  Directory d{total, bytes, begin};
  uint64_t directory_end = end;
  const bool has64 = end >= kLocator + kEnd64 &&
                     Cursor(name, file.data, {end - kLocator, end}).number<uint32_t>("locator") == kLocatorMark;
  if (has64) {
    Cursor l(name, file.data, {end - kLocator, end});
    l.take(8, "locator");
    const auto at = l.number<uint64_t>("locator");
    if (at != end - kLocator - kEnd64)
      refuse(name + ": the zip64 directory's end is said to lie at byte " + std::to_string(at) + ", expected " +
             std::to_string(end - kLocator - kEnd64));
    Cursor e(name, file.data, {at, at + kEnd64});
    if (e.number<uint32_t>("zip64 end") != kEnd64Mark) refuse(name + ": the zip64 directory has no end record");
    e.take(20, "zip64 end");
    const auto here64 = e.number<uint64_t>("count");
    Directory wide{e.number<uint64_t>("count"), 0, 0};
    wide.bytes = e.number<uint64_t>("size"), wide.begin = e.number<uint64_t>("offset");
    const bool same = here64 == wide.entries && (total == kAbsent16 || total == wide.entries) &&
                      (bytes == kAbsent32 || bytes == wide.bytes) && (begin == kAbsent32 || begin == wide.begin);
    if (!same) refuse(name + ": the zip and zip64 directories differ");
    d = wide, directory_end = at;
  } else if (disk != 0 || first_disk != 0 || here != total) {
    refuse(name + ": a zip archive of several disks");
  }
  if (d.begin > directory_end || d.bytes != directory_end - d.begin) {
    refuse(name + ": the zip directory takes " + std::to_string(d.bytes) + " bytes from " + std::to_string(d.begin) +
           " on, it should end at byte " + std::to_string(directory_end));
  }
  if (d.entries > kMaxEntries || d.entries > d.bytes / kCentral)
    refuse(name + ": a zip directory of " + std::to_string(d.entries) + " entries in " + std::to_string(d.bytes) +
           " bytes");
  return d;
}

struct Header {
  std::string name;
  uint16_t flags = 0;
  uint64_t stored = 0, size = 0, local = 0;
};

/// Takes the values that are absent in `h` from the zip64 extra field, which has them in this order.
void read_extra(const std::string& where, Cursor extra, Header& h) {
  while (extra.left() >= 4) {
    const auto id = extra.number<uint16_t>("extra field");
    const auto bytes = extra.number<uint16_t>("extra field");
    const uint64_t begin = extra.at();
    if (id == kZip64) {
      for (uint64_t* v : {&h.size, &h.stored, &h.local}) {
        if (*v == kAbsent32) *v = extra.number<uint64_t>("zip64 field");
      }
      if (extra.at() - begin > bytes) refuse(where + " has a zip64 field that is too short");
    }
    extra.take(bytes - (extra.at() - begin), "extra field");
  }
}

Header read_central(const std::string& name, const sdk::MappedBytes& file, Cursor& c) {
  if (c.number<uint32_t>("entry") != kCentralMark) c.refuse("no entry of the zip directory");
  Header h;
  c.take(4, "versions");
  h.flags = c.number<uint16_t>("flags");
  const auto method = c.number<uint16_t>("method");
  c.take(8, "time and checksum");
  h.stored = c.number<uint32_t>("size"), h.size = c.number<uint32_t>("size");
  const auto name_bytes = c.number<uint16_t>("length"), extra_bytes = c.number<uint16_t>("length"),
             comment_bytes = c.number<uint16_t>("length");
  const auto disk = c.number<uint16_t>("disk");
  c.take(6, "attributes");
  h.local = c.number<uint32_t>("offset");
  if (name_bytes > kMaxName)
    c.refuse("an entry's name of " + std::to_string(name_bytes) + " bytes, at most " + std::to_string(kMaxName));
  h.name = c.take(name_bytes, "name");
  const std::string where = name + ": entry " + h.name;
  if (method != 0) refuse(where + " is compressed (method " + std::to_string(method) + "), expected it stored");
  if (h.flags & kEncrypted) refuse(where + " is encrypted");
  if (disk != 0) refuse(where + " lies on another disk");
  const uint64_t extra = c.at();
  c.take(extra_bytes, "extra fields");
  read_extra(where, Cursor(name, file.data, {extra, extra + extra_bytes}), h);
  c.take(comment_bytes, "comment");
  if (h.stored != h.size)
    refuse(where + " is stored in " + std::to_string(h.stored) + " bytes and has " + std::to_string(h.size));
  return h;
}

/// Where the entry's data lies. Refuses a local header that disagrees with the directory.
Extent read_local(const std::string& name, const sdk::MappedBytes& file, const Header& h, uint64_t directory) {
  const std::string where = name + ": entry " + h.name;
  if (h.local > directory) refuse(where + " begins at byte " + std::to_string(h.local) + ", in or after the directory");
  Cursor c(where, file.data, {h.local, directory});
  if (c.number<uint32_t>("local header") != kLocalMark)
    refuse(where + " has no local header at byte " + std::to_string(h.local));
  c.take(2, "version");
  const auto flags = c.number<uint16_t>("flags"), method = c.number<uint16_t>("method");
  c.take(8, "time and checksum");
  const auto stored = c.number<uint32_t>("size"), size = c.number<uint32_t>("size");
  const auto name_bytes = c.number<uint16_t>("length"), extra_bytes = c.number<uint16_t>("length");
  const bool same_name = c.take(name_bytes, "name") == h.name;
  c.take(extra_bytes, "extra fields");
  // A local header may leave sizes to a record after the data or to an extra field; the directory has them.
  const auto agrees = [&](uint32_t local) {
    return local == h.size || local == kAbsent32 || (local == 0 && (flags & kSizesFollow));
  };
  if (!same_name || method != 0 || (flags & kEncrypted) || !agrees(stored) || !agrees(size))
    refuse(where + " has a local header that differs from the directory");
  const uint64_t begin = c.at();
  c.take(h.size, "data");
  return {begin, begin + h.size};
}

}  // namespace

std::map<std::string, Extent> read_archive(const std::string& name, const sdk::MappedBytes& file) {
  const Directory d = read_end(name, file);
  Cursor c(name, file.data, {d.begin, d.begin + d.bytes});
  std::map<std::string, Extent> entries;
  std::vector<Extent> taken;  // the local header and the data of each entry
  for (uint64_t i = 0; i < d.entries; ++i) {
    const Header h = read_central(name, file, c);
    const Extent data = read_local(name, file, h, d.begin);
    if (!entries.emplace(h.name, data).second) refuse(name + ": two entries are called " + h.name);
    taken.push_back({h.local, data.end});
  }
  if (c.left() != 0) refuse(name + ": " + std::to_string(c.left()) + " bytes after the zip directory's last entry");
  std::sort(taken.begin(), taken.end(), [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < taken.size(); ++i) {
    if (taken[i].begin < taken[i - 1].end)
      refuse(name + ": two entries overlap at byte " + std::to_string(taken[i].begin));
  }
  return entries;
}

}  // namespace weft::torch
