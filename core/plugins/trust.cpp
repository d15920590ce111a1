#include "core/plugins/trust.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "core/base/error.hpp"

namespace weft {

Result<std::string> trusted_path(const std::string& library, bool insecure) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(library, failed);
  if (failed) return error(Code::kNotFound, "{}: {}", library, failed.message());
  struct stat st {};
  if (stat(real.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return invalid("{}: not a regular file", real.string());
  if (insecure) return real.string();
  for (std::filesystem::path p = real;; p = p.parent_path()) {
    if (stat(p.c_str(), &st) != 0) return error(Code::kPermissionDenied, "{}: cannot be examined", p.string());
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
      return error(Code::kPermissionDenied, "{} belongs to another user", p.string());
    }
    // In a sticky folder such as /tmp others may add entries but cannot replace ours, and everything below it has been
    // checked to be ours.
    const bool sticky_folder = S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX) != 0;
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_folder) {
      return error(Code::kPermissionDenied, "{} can be written by others (chmod go-w, or WEFT_PLUGINS_INSECURE=1)",
                   p.string());
    }
    if (p == p.parent_path()) return real.string();
  }
}

Result<std::string> sha256_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error(Code::kNotFound, "{}: cannot be read", path);
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::vector<char> buffer(1 << 16);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(in.gcount()));
  }
  unsigned char digest[32];
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest, &size);
  std::string hex;
  for (unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<std::string> parse_sha256(std::string_view text) {
  std::string hex(text.substr(0, 65));
  for (char& c : hex) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (hex.size() != 64 || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return invalid("not a sha256 of 64 hex digits");
  }
  return hex;
}

}  // namespace weft
