// Formats and converters that say what a test wants, as tables in the process.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"
#include "core/weights/plan.hpp"

namespace weft::testing_weights {

/// A folder of its own, removed with its content.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weft_weights_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ + "/" + name, std::ios::binary | std::ios::trunc) << bytes;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

/// A format that claims every folder; `read` is called with data.bin mapped as file 0.
struct FakeFormat {
  using Read = std::function<weft_status*(const weft_files&, const weft_format_sink&)>;
  Read read;
  std::function<weft_status*(uint32_t* score, const weft_string_sink&)> locate;

  Interface interface() {
    static const weft_format table = {
        {WEFT_END(weft_format, read), 0}, nullptr, nullptr, to_str("fake"),
        [](void* self, const weft_files*, uint32_t* score, const weft_string_sink* entry) -> weft_status* {
          auto& me = *static_cast<FakeFormat*>(self);
          if (me.locate) return me.locate(score, *entry);
          *score = 50;
          entry->set(entry->ctx, to_str("data.bin"));
          return nullptr;
        },
        [](void* self, const weft_files* files, weft_str entry, const weft_format_sink* sink) -> weft_status* {
          uint32_t file = 0;
          const uint8_t* data = nullptr;
          uint64_t size = 0;
          if (weft_status* s = files->map(files->ctx, entry, &file, &data, &size)) return s;
          return static_cast<FakeFormat*>(self)->read(*files, *sink);
        }};
    return {"test.fake", &table, this};
  }
};

/// The description of a tensor, which owns the name and the dims.
struct Described {
  std::string name;
  std::vector<int64_t> dims;
  weft_stored_tensor raw{};

  Described(std::string n, uint32_t dtype, std::vector<int64_t> d, uint64_t offset, uint64_t bytes)
      : name(std::move(n)), dims(std::move(d)) {
    raw.hdr = {WEFT_END(weft_stored_tensor, bytes), 0};
    raw.name = to_str(name);
    raw.dtype = dtype, raw.rank = static_cast<uint32_t>(dims.size()), raw.dims = dims.data(), raw.n_planes = 1;
    raw.offset[0] = offset, raw.bytes[0] = bytes;
  }
  Described(const Described&) = delete;  // raw points into the object
  Described& operator=(const Described&) = delete;
};

inline const DtypeRegistry& dtypes() {
  static const DtypeRegistry all;
  return all;
}

/// Opens the folder with `format`.
inline Result<std::shared_ptr<Checkpoint>> open_fake(const TempFolder& folder, FakeFormat& format,
                                                     const DtypeRegistry& known = dtypes()) {
  return Checkpoint::open(folder.path(), {format.interface()}, known);
}

/// A checkpoint with these tensors of data.bin; null, and a failed test, where it does not open.
inline std::shared_ptr<Checkpoint> open_described(const TempFolder& folder, const std::deque<Described>& tensors) {
  FakeFormat format{[&](const weft_files&, const weft_format_sink& s) -> weft_status* {
    for (const Described& t : tensors) {
      if (weft_status* failed = s.tensor(s.ctx, &t.raw)) return failed;
    }
    return nullptr;
  }, {}};
  auto opened = open_fake(folder, format);
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? *opened : nullptr;
}

/// A converter that plans with the test's function.
struct FakeConverter {
  std::function<weft_status*(const weft_plan&)> plan;

  Interface interface() {
    static const weft_converter table = {
        {WEFT_END(weft_converter, plan), 0},
        nullptr,
        nullptr,
        to_str("fake"),
        nullptr,
        nullptr,
        [](void* self, const weft_checkpoint*, const weft_json*, const weft_param_info*, uint32_t, uint32_t,
           const weft_plan* sink) -> weft_status* { return static_cast<FakeConverter*>(self)->plan(*sink); }};
    return {"test.fake", &table, this};
  }
};

// --- nodes of a program -----------------------------------------------------------------------
inline weft_xnode step(uint32_t op, uint32_t n_in = 1) {
  weft_xnode x{};
  x.hdr = {WEFT_END(weft_xnode, scalar), 0};
  x.op = op, x.n_in = n_in, x.stored = WEFT_NONE;
  return x;
}
inline weft_xnode stored(uint32_t i) {
  weft_xnode x = step(WEFT_X_STORED, 0);
  x.stored = i;
  return x;
}
inline weft_xnode slice(uint32_t axis, int64_t start, int64_t size) {
  weft_xnode x = step(WEFT_X_SLICE);
  x.axis = axis, x.n_arg = 2, x.arg[0] = start, x.arg[1] = size;
  return x;
}
inline weft_xnode join(uint32_t op, uint32_t n_in, uint32_t axis) {
  weft_xnode x = step(op, n_in);
  x.axis = axis;
  return x;
}
inline weft_xnode list(uint32_t op, const std::vector<int64_t>& values) {
  weft_xnode x = step(op);
  x.n_arg = static_cast<uint32_t>(values.size());
  std::copy_n(values.begin(), std::min<std::size_t>(values.size(), 8), x.arg);
  return x;
}
inline weft_xnode scalar(uint32_t op, double v) {
  weft_xnode x = step(op);
  x.scalar = v;
  return x;
}
inline weft_xnode cast(uint32_t dtype) {
  weft_xnode x = step(WEFT_X_CAST);
  x.dtype = dtype;
  return x;
}

using Program = std::vector<weft_xnode>;

inline weft_status* map_to(const weft_plan& p, std::string_view name, const Program& program) {
  return p.map(p.ctx, to_str(name), program.data(), static_cast<uint32_t>(program.size()), sizeof(weft_xnode));
}

inline Result<Plan> plan_with(const Checkpoint& c, const std::vector<ParamDecl>& params,
                              std::function<weft_status*(const weft_plan&)> f) {
  FakeConverter converter{std::move(f)};
  return make_plan(c, converter.interface(), make_json_view(nullptr), params);
}

}  // namespace weft::testing_weights
