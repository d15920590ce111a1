#include "apps/weft/nearest.hpp"

#include <algorithm>
#include <vector>

namespace weft::app {
namespace {

/// Options are compared without their dashes.
std::string_view letters(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  return name;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows of the table for the first i - 2, i - 1 and i letters of a.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last), std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view typed, std::span<const std::string> known) {
  const std::string_view t = letters(typed);
  if (t.size() < 2 || t.size() > 64) return "";  // one letter resembles every short name; a long text costs time
  std::size_t least = std::max<std::size_t>(1, t.size() / 3) + 1;
  std::string best;
  for (const std::string& name : known) {
    const std::string_view k = letters(name);
    const bool begins = k.size() >= 3 && t.size() >= 3 && (t.starts_with(k) || k.starts_with(t));
    const std::size_t distance = begins ? 1 : edit_distance(t, k);
    if (k.size() > 1 && distance < least) least = distance, best = name;
  }
  return best;
}

}  // namespace weft::app
