// How a file of a server becomes a verified file here.
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
  std::string etag;  // of a file without a digest: every answer must have it
  Asked asked;
  std::string location;  // where the bytes were found last; empty: not looked for yet
};

/// Told how many bytes came or, as a negative number, are lost since a file is begun anew. [any-thread]
using OnBytes = std::function<void(int64_t)>;

/// Files up to this size are fetched at once and held in memory.
constexpr uint64_t kSmallFile = 1 << 20;

Result<std::string> download_small(Client& client, Connection& connection, const RemoteFile& file,
                                   const OnBytes& on_bytes);

/// Continues the part at `path`, or begins it, in chunks that suit so many connections.
Result<PartFile> open_part(const std::string& path, uint64_t size, uint32_t connections);
/// Fetches the header of a weight file, which tells where tensors lie, and notes the location. Does nothing for files
/// of another kind, and where the server knows no ranges.
Status download_head(Client& client, RemoteFile& file, PartFile& part, const OnBytes& on_bytes);
/// Fetches a file into `part` by ranges over `connections` connections, hashes it meanwhile, and moves it to `to` when
/// the hash is right. Where the server knows no ranges, the file is read from start to end. After a wrong hash
/// everything is fetched once more, unless bytes are lent; a second wrong hash is DATA_LOSS.
Status download_big(Client& client, const RemoteFile& file, PartFile& part, const std::string& to, uint32_t connections,
                    const OnBytes& on_bytes);

}  // namespace weft::hub
