// Runs many texts through a session, as many in a step as fit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/runtime/session.hpp"

namespace weft {

struct BatchOptions {
  int64_t tokens = 0, sequences = 0;  // the most of one step; 0: what the session takes
  /// What errors call a text, by its index: "line 7". Empty: "text 1" and so on, or nothing where there is one text.
  std::function<std::string(std::size_t text)> name = {};
  GoOn go_on = {};  // see Session::step

  /// `status` with the name of text `text` of `texts`.
  Status about(const Status& status, std::size_t text, std::size_t texts) const;
};

/// Gets what the graph gives for a text: rows [n, width], valid during the call. n is the number of the text's tokens
/// if its item wants all rows, else 1.
using UseRows = std::function<Status(std::size_t text, std::span<const float> rows, int64_t width)>;

/// Runs each text in a sequence of its own. `texts` are their items, of which `sequence` is not looked at. Texts of
/// like lengths run together, since graphs may pad a step's sequences to the longest: `use` is called once for each
/// text, but not in their order. A text alone may have more tokens than options.tokens.
/// Errors: those of Session::open, Session::step and `use`. After one, some texts may have been used already.
Status run_texts(Session& session, std::span<const StepItem> texts, const UseRows& use,
                 const BatchOptions& options = {});

}  // namespace weft
