// How fast a backend is beside the reference backend. It is no rule: nothing is demanded.
#pragma once

#include <string>
#include <vector>

#include "apps/weft/check/subject.hpp"
#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft::app {

/// The shortest of several runs, in seconds, each of a graph with one op.
struct Timing {
  std::string backend, op, shape;
  double seconds = 0, reference_seconds = 0;  // 0: it does not run the op
};

/// Times a plugin's backends in a child process. The error: it could not be done.
Result<std::vector<Timing>> time_ops(const Subject& subject);

Json as_json(const Timing& timing);
std::string as_text(const std::vector<Timing>& timings);

}  // namespace weft::app
