#include "apps/weft/tensor_file.hpp"

#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"

namespace weft::app {

Status write_tensor(const std::string& path, const std::string& name, std::span<const float> data, int64_t rows,
                    int64_t columns) {
  std::string header = fmt::format(R"({{"{}":{{"dtype":"F32","shape":[{},{}],"data_offsets":[0,{}]}}}})", name, rows,
                                   columns, data.size() * sizeof(float));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const uint64_t size = header.size();
  const std::string_view parts[] = {{reinterpret_cast<const char*>(&size), sizeof size},
                                    header,
                                    {reinterpret_cast<const char*>(data.data()), data.size() * sizeof(float)}};
  return write_whole(path, parts);
}

}  // namespace weft::app
