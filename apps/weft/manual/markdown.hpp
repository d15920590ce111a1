// As much of Markdown as the reference is written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/status.hpp"

namespace weft::app {

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  // as many cells as `head`
  std::string note;                            // the paragraph behind it; "": none
};

/// The first table of the section with this heading ("## Exit codes"). NOT_FOUND where there is none.
Result<Table> table_of(std::string_view markdown, std::string_view heading);

}  // namespace weft::app
