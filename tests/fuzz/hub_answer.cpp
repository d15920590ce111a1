// Any bytes as a server's answer, headers and then a body: the wait that is asked for is bounded, and messages are one
// line.
#include <cmath>
#include <cstdlib>

#include "hub/names.hpp"
#include "hub/refusal.hpp"
#include "hub/sources/listings.hpp"

using namespace weft::hub;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Response r;
  r.status = size > 0 ? 400 + data[0] % 200 : 404;
  const std::size_t body = text.find("\n\n");
  for (const std::string& line : split(text.substr(0, body), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != line.npos) r.headers[lower(line.substr(0, colon))] = line.substr(colon + 1);
  }
  if (body != text.npos) r.body = text.substr(body + 2);
  const double wait = asked_wait(r);
  if (!std::isfinite(wait)) std::abort();
  (void)next_link(r.header("link"));
  const auto s = refusal(r, "https://hub.example/x?secret=1",
                         {"hf://o/n", r.header("revision"), r.header("path"), size % 2 == 0, size});
  if (s.ok()) std::abort();
  for (const char c : s.message()) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  const bool said_by_the_server = text.find("secret") != text.npos;
  if (!said_by_the_server && s.message().find("secret=1") != s.message().npos) std::abort();
  return 0;
}
