// Stop strings in a stream: found across pieces, never shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// [one thread per matcher] Of several stop strings the one that begins first ends the text.
class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops);
  /// The text that is certain not to belong to a stop string.
  std::string push(std::string_view piece);
  /// What is held back, once the stream has ended without a stop.
  std::string flush();
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace weft
