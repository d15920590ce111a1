// A folder of NumPy's arrays: each NAME.npy is the tensor NAME, of f32 in C order. A file begins with "\x93NUMPY", two
// bytes of version and two of length, then a dict of Python as text: {'descr': '<f4', 'fortran_order': False, 'shape':
// (8, 4), }; the values follow.
//
// Files are hostile: check every number. The host maps the files and checks every extent that the sink is given; the
// plugin opens nothing.
#include <charconv>
#include <sstream>

#include <weft/sdk/format.hpp>
#include <weft/sdk/plugin.hpp>

namespace {

using namespace weft::sdk;

constexpr std::string_view kSuffix = ".npy";

/// Score 0: this format has no file here. One array alone is no checkpoint.
Located locate(const Files& files) {
  if (!files.chosen().empty()) return {};
  for (const std::string& name : files.names()) {
    if (name.ends_with(kSuffix)) return {50, name};
  }
  return {};
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

void read_array(const Files& files, const std::string& name, const FormatSink& sink) {
  constexpr uint64_t kHead = 10;
  const MappedBytes file = files.map(name);
  const std::string_view text(reinterpret_cast<const char*>(file.data), file.size);
  if (file.size < kHead || !text.starts_with("\x93NUMPY\x01")) refuse(name + ": is no array of version 1 of .npy");
  uint64_t bytes = sizeof(float), offset = kHead + file.data[8] + 256u * file.data[9];
  if (offset > file.size) refuse(name + ": ends within its header");
  const std::string header(text.substr(kHead, offset - kHead));
  for (const char* part : {"'descr': '<f4'", "'fortran_order': False"}) {
    if (header.find(part) == header.npos) refuse(name + ": its header lacks " + part);
  }
  const std::size_t open = header.find("'shape': ("), close = header.find(')', open);
  if (open == header.npos || close == header.npos) refuse(name + ": its header has no shape");
  std::vector<int64_t> dims;  // the check of each dim keeps `bytes` within the file's size
  std::istringstream words(header.substr(open + 10, close - open - 10));
  for (std::string word; std::getline(words >> std::ws, word, ',');) {
    dims.push_back(dim_of(word, file.size / bytes, name));
    bytes *= static_cast<uint64_t>(dims.back());
  }
  if (dims.empty() || dims.size() > 8) refuse(name + ": " + std::to_string(dims.size()) + " dims, expected 1 to 8");
  sink.tensor(name.substr(0, name.size() - kSuffix.size()), WEFT_F32, dims, file.file, offset, bytes);
}

void read(const Files& files, const std::string&, const FormatSink& sink) {
  for (const std::string& name : files.names()) {
    if (name.ends_with(kSuffix)) read_array(files, name, sink);
  }
}

struct Plugin {
  static constexpr std::string_view kId = "com.acme.acme_npy", kVersion = "0.1.0", kVendor = "com.acme";

  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_FORMAT_INTERFACE && n == 0 ? &table_ : nullptr;
  }

 private:
  const weft_format table_ = format_table<&locate, &read>("acme_npy");
};

}  // namespace

WEFT_PLUGIN(Plugin)
