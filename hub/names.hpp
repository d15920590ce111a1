// Names, URLs and texts that come from the network or a user, checked before they are used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes_text.hpp"
#include "core/base/json.hpp"

namespace weft::hub {

bool is_hex(std::string_view text, std::size_t length);
inline bool is_commit(std::string_view text) { return is_hex(text, 40); }
/// Whether this can name an owner or a repository, and so a folder: letters, digits, '.', '_' and '-', without ".." and
/// "--", and without '.' or '-' at an end.
bool is_repo_part(std::string_view name);
/// Refuses what is no relative path of plain components: no empty ones, no "." or "..", no control characters, and
/// nothing longer than file systems take.
Status check_path(std::string_view path);

/// Writes every byte but letters, digits and "-._~" as %XX; '/' stays with `keep_slash`.
std::string url_quote(std::string_view text, bool keep_slash);
Result<std::string> url_unquote(std::string_view text);

/// The scheme, host and port of a URL in lower case, always with a port: "https://huggingface.co:443". Empty when it is
/// no http or https URL.
std::string origin(const std::string& url);
bool is_https(const std::string& url);
/// Whether nobody on the way reads what is sent: https, or a server of this machine.
bool is_private_way(const std::string& url);
bool is_loopback(const std::string& url);
/// The URL that a Location header means. INVALID_ARGUMENT when it is neither http nor https.
Result<std::string> join_url(const std::string& base, const std::string& location);
/// The URL as messages show it: without query, fragment, user and password.
std::string shown_url(const std::string& url);

/// A server's words as one short line, without control characters and without the queries of URLs in them.
std::string clean(std::string_view text, std::size_t most = 300);
/// Matches the shell wildcards * ? [..]; '*' matches '/' too, as in the official client's patterns.
bool glob(const std::string& pattern, const std::string& path);
/// The string that an object has under `key`; empty when there is none.
std::string json_text(const Json& object, const char* key);
/// The whole number, not negative, that an object has under `key`.
std::optional<uint64_t> json_number(const Json& object, const char* key);
std::string lower(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace weft::hub
