// A container of tensors. This one is lines of text, then the values:
//   @NAME@ 1
//   NAME DIM DIM ...      one line for each tensor: f32, row-major, innermost dim last
//                         an empty line; then the tensors' bytes, in the order of the lines
//
// To fill in:  1. `locate`: which file of a folder to start from
//              2. `read`: where each tensor lies
// Files are hostile: check every number. The host maps the files and checks every extent that the sink is given; the
// plugin opens nothing.
#include <charconv>
#include <sstream>

#include <weft/sdk/format.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft::sdk;

constexpr std::string_view kFile = "model.@NAME@";

/// Score 0: this format has no file here. A file that the user has chosen is either the one to start from or is left
/// alone.
Located locate(const Files& files) {
  const std::string chosen = files.chosen();
  if (!chosen.empty()) return chosen.ends_with(".@NAME@") ? Located{100, chosen} : Located{};
  return files.has(kFile) ? Located{90, std::string(kFile)} : Located{};
}

/// The whole word as a number from 1 to `most`.
int64_t dim_of(const std::string& word, uint64_t most, const std::string& where) {
  uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 1 || value > most) {
    refuse(where + ": dim \"" + word + "\", expected 1 to " + std::to_string(most));
  }
  return static_cast<int64_t>(value);
}

void read(const Files& files, const std::string& entry, const FormatSink& sink) {
  const MappedBytes file = files.map(entry);
  const std::string_view text(reinterpret_cast<const char*>(file.data), file.size);
  const std::size_t end = text.substr(0, 1 << 20).find("\n\n");  // the lines are 1 MiB at most
  if (end == text.npos) refuse(entry + ": no empty line after the tensors' names");

  std::istringstream lines{std::string(text.substr(0, end))};
  std::string line;
  if (!std::getline(lines, line) || line != "@NAME@ 1") refuse(entry + ": the first line is not \"@NAME@ 1\"");
  uint64_t offset = end + 2;
  for (int number = 2; std::getline(lines, line); ++number) {
    const std::string where = entry + ": line " + std::to_string(number);
    std::istringstream words(line);
    std::string name, word;
    std::vector<int64_t> dims;
    uint64_t bytes = sizeof(float);  // the check of each dim keeps it within the file's size
    words >> name;
    while (words >> word) {
      dims.push_back(dim_of(word, file.size / bytes, where));
      bytes *= static_cast<uint64_t>(dims.back());
    }
    if (dims.empty() || dims.size() > 8) refuse(where + ": " + std::to_string(dims.size()) + " dims, expected 1 to 8");
    sink.tensor(name, WEFT_F32, dims, file.file, offset, bytes);  // throws when it ends after the file
    offset += bytes;
  }
  // sink.metadata(JSON text) and sink.vocabulary(...) hand over what else the file says, for converter and text side.
}

struct Plugin {
  static constexpr std::string_view kId = "@ID@", kVersion = "0.1.0", kVendor = "@VENDOR@";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_FORMAT_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_format table_ = format_table<&locate, &read>("@NAME@");
};

}  // namespace

WEFT_PLUGIN(Plugin)
