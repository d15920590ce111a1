// One file from a server to a verified file here.
#pragma once

#include <functional>
#include <string>

#include "hub/client.hpp"
#include "hub/hash.hpp"
#include "hub/part_file.hpp"
#include "hub/refusal.hpp"

namespace weft::hub {

struct RemoteFile {
  Call call;       // GET of the whole file, redirects to other hosts included
  uint64_t size = 0;
  Digest digest;   // kNone: only the size and `etag` are checked
  std::string etag;  // of a file without a digest: the same in every answer
  Asked asked;
  std::string location;  // where its bytes were found last; empty: not looked for yet
};

/// Bytes that came, or, when a file is begun anew, that are lost (negative). [any-thread]
using OnBytes = std::function<void(int64_t)>;

/// Up to this size a file is fetched at once and held in memory.
constexpr uint64_t kSmallFile = 1 << 20;

Result<std::string> download_small(Client& client, Connection& connection, const RemoteFile& file,
                                   const OnBytes& on_bytes);

/// Goes on with what lies at `path`, or starts it, in chunks for so many connections.
Result<PartFile> open_part(const std::string& path, uint64_t size, uint32_t connections);
/// What tells where tensors lie in a weight file, from its start on; it notes the location. Nothing happens with a
/// file of another kind, or a server without ranges.
Status download_head(Client& client, RemoteFile& file, PartFile& part, const OnBytes& on_bytes);
/// By ranges over `connections` at once into `part`, hashed meanwhile, moved to `to` when the hash is
/// right. Servers without ranges are read from start to end. After a wrong hash everything is fetched once
/// more, unless bytes are lent; a second one is DATA_LOSS.
Status download_big(Client& client, const RemoteFile& file, PartFile& part, const std::string& to, uint32_t connections,
                    const OnBytes& on_bytes);

}  // namespace weft::hub
