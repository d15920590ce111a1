// Names, URLs and texts that come from the network or a user, checked before they are used.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.hpp"

namespace weft::hub {

bool is_hex(std::string_view text, std::size_t length);
inline bool is_commit(std::string_view text) { return is_hex(text, 40); }
/// Letters, digits, '.', '_', '-'; no "..", no "--", no '.' or '-' at an end: a name of a repository's
/// owner or of a repository, and so of a folder.
bool is_repo_part(std::string_view name);
/// A relative path of plain components: nothing empty, no "." or "..", no control characters, nothing
/// longer than file systems take.
Status check_path(std::string_view path);

/// Everything but letters, digits and "-._~" as %XX; '/' stays when `keep_slash`.
std::string url_quote(std::string_view text, bool keep_slash);
Result<std::string> url_unquote(std::string_view text);

/// scheme, host and port, lower-case, the port always there: "https://huggingface.co:443". Empty when it
/// is no http or https URL.
std::string origin(const std::string& url);
bool is_https(const std::string& url);
bool is_loopback(const std::string& url);
/// The URL that a Location header means. INVALID_ARGUMENT for what is neither http nor https.
Result<std::string> join_url(const std::string& base, const std::string& location);
/// For messages: without query, fragment, user and password.
std::string shown_url(const std::string& url);

/// A server's words as one short line: no control characters, no queries of URLs in them.
std::string clean(std::string_view text, std::size_t most = 300);
/// "1.5 GB"
std::string bytes_text(uint64_t bytes);
/// Shell wildcards * ? [..]; '*' matches '/' too, as in the official client's patterns.
bool glob(const std::string& pattern, const std::string& path);
/// A string member of an object; empty without one.
std::string json_text(const Json& object, const char* key);
/// A member that is a whole number and not negative.
std::optional<uint64_t> json_number(const Json& object, const char* key);
std::string lower(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace weft::hub
