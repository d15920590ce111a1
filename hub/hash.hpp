// The hashes by which the Hub knows files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weft/status.hpp"

namespace weft::hub {

enum class HashKind {
  kNone,
  kSha256,
  kGitSha1,  // of "blob <length>\0" and the data
  kMd5,
};

struct Digest {
  HashKind kind = HashKind::kNone;
  std::string hex;  // lower-case
};

/// 64 hexadecimal digits are a sha256, 40 a git-sha1.
Digest digest_of_id(std::string_view id);

/// [one thread at a time]
class Hasher {
 public:
  /// `length` is that of the data; only git-sha1 needs it. INTERNAL where OpenSSL does not have the hash.
  static Result<Hasher> create(HashKind kind, uint64_t length);
  void update(std::string_view data);
  std::string hex();  // ends the hash

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

Result<std::string> hash_of(HashKind kind, std::string_view data);
/// Reads the whole file.
Result<std::string> hash_of_file(HashKind kind, const std::string& path);
std::string base64(std::string_view data);

}  // namespace weft::hub
