#include "apps/weft/manual/markdown.hpp"

#include "core/base/error.hpp"

namespace weft::app {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == text.npos ? "" : std::string(text.substr(first, last + 1 - first));
}

/// "| a | b \| c |" to "a", "b | c"
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      cells.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells;
}

}  // namespace

Result<Table> table_of(std::string_view markdown, std::string_view heading) {
  bool inside = false;
  Table table;
  while (!markdown.empty()) {
    const std::string_view line = take_line(markdown);
    if (line.starts_with('#')) {
      if (inside) break;
      inside = line == heading;
    } else if (inside && line.starts_with('|')) {
      std::vector<std::string> cells = cells_of(line);
      if (table.head.empty()) {
        table.head = std::move(cells);
        take_line(markdown);  // |---|---|
      } else if (cells.size() == table.head.size()) {
        table.rows.push_back(std::move(cells));
      } else {
        return invalid("{}: a row has {} cells, expected {}: {}", heading, cells.size(), table.head.size(), line);
      }
    } else if (!table.rows.empty() && line.empty()) {
      if (!table.note.empty()) break;
    } else if (!table.rows.empty()) {
      table.note += (table.note.empty() ? "" : " ") + std::string(line);
    }
  }
  if (table.rows.empty()) return error(Code::kNotFound, "{}: there is no table under this heading", heading);
  return table;
}

}  // namespace weft::app
