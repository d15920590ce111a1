// A format that reads the last byte of a file of 8192 bytes, however long the file is.
#include "table.hpp"
#include "weft/abi/format.h"

namespace {

constexpr uint64_t kBytes = 8192;
const weft_str kEntry = test_plugin::text("model.bad");

weft_status* locate(void*, const weft_files* files, uint32_t* score, const weft_string_sink* entry) {
  *score = 0;
  for (uint32_t i = 0; i < files->n_files; ++i) {
    if (test_plugin::is(files->name(files->ctx, i), kEntry)) *score = 100;
  }
  if (*score > 0) entry->set(entry->ctx, kEntry);
  return nullptr;
}

weft_status* read(void*, const weft_files* files, weft_str entry, const weft_format_sink* sink) {
  uint32_t file = 0;
  const uint8_t* data = nullptr;
  uint64_t size = 0;
  if (weft_status* const failed = files->map(files->ctx, entry, &file, &data, &size)) return failed;
  [[maybe_unused]] const uint8_t last = *static_cast<const volatile uint8_t*>(data + kBytes - 1);
  const int64_t dims[] = {static_cast<int64_t>(kBytes)};
  weft_stored_tensor tensor{};
  tensor.hdr.struct_size = WEFT_END(weft_stored_tensor, bytes);
  tensor.name = test_plugin::text("x");
  tensor.dtype = WEFT_U8, tensor.rank = 1, tensor.n_planes = 1, tensor.dims = dims;
  tensor.file[0] = file, tensor.bytes[0] = kBytes;
  return sink->tensor(sink->ctx, &tensor);
}

}  // namespace

TEST_PLUGIN_QUERY {
  static weft_plugin table = test_plugin::table("test.format_trusts_size");
  table.get_interface = [](void*, weft_str id, uint32_t n) -> const void* {
    static const weft_format format = {{WEFT_END(weft_format, read), 0}, nullptr, nullptr,
                                       test_plugin::text("test.format_trusts_size"), locate, read};
    return test_plugin::is(id, test_plugin::text(WEFT_FORMAT_INTERFACE)) && n == 0 ? &format : nullptr;
  };
  return &table;
}
