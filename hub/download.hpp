// One file from a server to a verified file here.
#pragma once

#include <functional>
#include <string>

#include "hub/client.hpp"
#include "hub/hash.hpp"
#include "hub/refusal.hpp"

namespace weft::hub {

struct RemoteFile {
  Call call;       // GET of the whole file, redirects to other hosts included
  uint64_t size = 0;
  Digest digest;   // kNone: only the size and `etag` are checked
  std::string etag;  // of a file without a digest: the same in every answer
  Asked asked;
};

/// Bytes that came, or, when a file is begun anew, that are lost (negative). [any-thread]
using OnBytes = std::function<void(int64_t)>;

/// Up to this size a file is fetched at once and held in memory.
constexpr uint64_t kSmallFile = 1 << 20;

Result<std::string> download_small(Client& client, Connection& connection, const RemoteFile& file,
                                   const OnBytes& on_bytes);

/// By ranges over `connections` at once into `part`, hashed meanwhile, moved to `to` when the hash is
/// right. Goes on with what lies at `part`. Servers without ranges are read from start to end. After a
/// wrong hash everything is fetched once more; a second one is DATA_LOSS.
Status download_big(Client& client, const RemoteFile& file, const std::string& part, const std::string& to,
                    uint32_t connections, const OnBytes& on_bytes);

}  // namespace weft::hub
