#include "apps/weft/tensor_file.hpp"

#include "apps/weft/output.hpp"
#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/base/json.hpp"

namespace weft::app {

Status write_tensors(const std::string& path, std::span<const TensorData> tensors) {
  Json entries = Json::object();
  std::size_t end = 0;
  for (const TensorData& t : tensors) {
    entries[t.name] = {{"dtype", t.dtype}, {"shape", t.dims}, {"data_offsets", {end, end + t.bytes.size()}}};
    end += t.bytes.size();
  }
  std::string header = json_text(entries);
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const uint64_t size = header.size();
  std::vector<std::string_view> parts = {{reinterpret_cast<const char*>(&size), sizeof size}, header};
  for (const TensorData& t : tensors) parts.emplace_back(reinterpret_cast<const char*>(t.bytes.data()), t.bytes.size());
  return write_whole(path, parts);
}

Status write_tensor(const std::string& path, const std::string& name, std::span<const float> data, int64_t rows,
                    int64_t columns) {
  const TensorData tensor{name, "F32", {rows, columns}, std::as_bytes(data)};
  return write_tensors(path, {&tensor, 1});
}

}  // namespace weft::app
