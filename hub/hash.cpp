#include "hub/hash.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/error.hpp"
#include "hub/names.hpp"

namespace weft::hub {

Digest digest_of_id(std::string_view id) {
  if (is_hex(id, 64)) return {HashKind::kSha256, std::string(id)};
  if (is_hex(id, 40)) return {HashKind::kGitSha1, std::string(id)};
  return {};
}

void Hasher::Free::operator()(void* context) const { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }

Result<Hasher> Hasher::create(HashKind kind, uint64_t length) {
  const EVP_MD* md = kind == HashKind::kSha256 ? EVP_sha256() : kind == HashKind::kGitSha1 ? EVP_sha1() : EVP_md5();
  Hasher h;
  h.context_.reset(EVP_MD_CTX_new());
  if (!h.context_ || EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(h.context_.get()), md, nullptr) != 1) {
    return error(Code::kInternal, "OpenSSL has no such hash");
  }
  if (kind == HashKind::kGitSha1) {
    const std::string head = fmt::format("blob {}", length);
    h.update({head.c_str(), head.size() + 1});
  }
  return h;
}

void Hasher::update(std::string_view data) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), data.data(), data.size());
}

std::string Hasher::hex() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), out, &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", out[i]);
  return text;
}

Result<std::string> hash_of(HashKind kind, std::string_view data) {
  WEFT_TRY(Hasher hasher, Hasher::create(kind, data.size()));
  hasher.update(data);
  return hasher.hex();
}

Result<std::string> hash_of_file(HashKind kind, const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return error(Code::kNotFound, "{}: cannot be read: {}", path, std::strerror(errno));
  struct stat st {};
  Status failed;
  auto hasher = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? Hasher::create(kind, static_cast<uint64_t>(st.st_size))
                                                           : Result<Hasher>(invalid("{}: not a regular file", path));
  std::vector<char> buffer(std::size_t{1} << 20);
  while (hasher.ok() && failed.ok()) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n == 0) break;
    if (n > 0) hasher->update({buffer.data(), static_cast<std::size_t>(n)});
    if (n < 0 && errno != EINTR)
      failed = error(Code::kUnavailable, "{}: cannot be read: {}", path, std::strerror(errno));
  }
  close(fd);
  if (!hasher.ok()) return hasher.status();
  if (!failed.ok()) return failed;
  return hasher->hex();
}

std::string base64(std::string_view data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(data.data()), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

}  // namespace weft::hub
