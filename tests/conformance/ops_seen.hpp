// Which ops a test has to do with, for reports.
#pragma once

#include <set>
#include <string>

namespace weft::conformance {

/// The ops of the graphs that runners were made for since the last call, and those of them that the backend's first
/// device takes. Composites that it leaves to their bodies are not taken, what it takes of the bodies is.
struct OpsSeen {
  std::set<std::string> written, taken;
};
OpsSeen take_ops_seen();

}  // namespace weft::conformance
