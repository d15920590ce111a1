// Stop strings in a stream: found across pieces, never shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Finds stop strings. Of several, the one that begins first ends the text. [one thread per matcher]
class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops);
  /// Adds text and returns the part that is certain not to belong to a stop string.
  std::string push(std::string_view piece);
  /// Returns what is held back, once the stream has ended without a stop string.
  std::string flush();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace weft
