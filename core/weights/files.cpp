#include "core/weights/files.hpp"

#include <algorithm>
#include <filesystem>

#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
struct FilesTable {
  static CheckpointFiles& self(void* ctx) { return *static_cast<CheckpointFiles*>(ctx); }
  static weft_str name(void* ctx, uint32_t i) noexcept {
    const auto& names = self(ctx).names_;
    return i < names.size() ? to_str(names[i]) : weft_str{"", 0};
  }
  static weft_status* map(void* ctx, weft_str name, uint32_t* file, const uint8_t** data, uint64_t* size) noexcept {
    return guard_abi([&]() -> Status {
      WEFT_TRY(*file, self(ctx).map(std::string(to_view(name))));
      *data = self(ctx).mapped_[*file]->data();
      *size = self(ctx).mapped_[*file]->size();
      return {};
    });
  }
  static weft_status* parse(void* ctx, weft_str text, weft_json* out) noexcept {
    return guard_abi([&]() -> Status {
      Json& kept = self(ctx).documents_.emplace_back();
      WEFT_TRY(kept, parse_json(to_view(text)));
      *out = make_json_view(&kept);
      return {};
    });
  }
};

Result<std::unique_ptr<CheckpointFiles>> CheckpointFiles::open(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path given(path);
  const fs::file_status status = fs::status(given, failed);
  if (!fs::exists(status)) return error(Code::kNotFound, "{}: no such file or folder", path);
  auto files = std::make_unique<CheckpointFiles>();
  if (fs::is_directory(status)) {
    files->folder_ = given.string();
  } else {
    files->folder_ = given.has_parent_path() ? given.parent_path().string() : ".";
    files->chosen_ = given.filename().string();
  }
  auto names = list_folder(files->folder_, Entries::kRegularFiles);
  if (names.ok()) {
    files->names_ = std::move(*names);
  } else if (files->chosen_.empty() || names.status().code() != Code::kPermissionDenied) {
    return names.status();  // a chosen file may lie in a folder that cannot be listed
  }
  files->table_ = {{WEFT_END(weft_files, parse_json), 0}, files.get(), static_cast<uint32_t>(files->names_.size()), 0,
                   to_str(files->chosen_), FilesTable::name, FilesTable::map, FilesTable::parse};
  return files;
}

CheckpointFiles::~CheckpointFiles() {
  for (Json& document : documents_) drain_json(document);
}

Result<uint32_t> CheckpointFiles::map(const std::string& name) {
  if (name.empty() || name.size() > 255 || name.find('/') != std::string::npos || name.find('\0') != std::string::npos || name == "." || name == "..") {
    return invalid("{}: \"{}\" is not a plain file name", folder_, name.substr(0, 255));
  }
  const std::string path = folder_ + "/" + name;
  for (std::size_t i = 0; i < mapped_.size(); ++i) {
    if (mapped_[i]->path() == path) return static_cast<uint32_t>(i);
  }
  WEFT_TRY(auto file, MappedFile::open(path));
  mapped_.push_back(std::move(file));
  return static_cast<uint32_t>(mapped_.size() - 1);
}

namespace {

Result<std::string> read_small(const std::string& path, uint64_t max_bytes) {
  WEFT_TRY(auto file, MappedFile::open(path));
  if (file->size() > max_bytes) {
    return error(Code::kResourceExhausted, "{}: {} bytes, at most {} are read", file->path(), file->size(), max_bytes);
  }
  std::string text(reinterpret_cast<const char*>(file->data()), file->size());
  if (file->damaged()) return error(Code::kDataLoss, "{}: shrank while it was read", file->path());
  return text;
}

}  // namespace

Result<std::string> CheckpointFiles::read_text(const std::string& name, uint64_t max_bytes) const {
  if (!std::binary_search(names_.begin(), names_.end(), name)) {
    return error(Code::kNotFound, "{}: has no {}", folder_, name);
  }
  return read_small(folder_ + "/" + name, max_bytes);
}

Result<std::vector<std::pair<std::string, std::string>>> CheckpointFiles::read_texts(
    const std::string& inside, std::string_view end, uint64_t max_bytes, std::size_t most) const {
  const std::string folder = folder_ + "/" + inside;
  std::vector<std::pair<std::string, std::string>> out;
  std::error_code failed;
  if (!std::filesystem::is_directory(folder, failed)) return out;
  WEFT_TRY(const auto names, list_folder(folder, Entries::kRegularFiles));
  for (const std::string& name : names) {
    if (!name.ends_with(end)) continue;
    if (out.size() == most) return error(Code::kResourceExhausted, "{}: more than {} files, which is as many as are read", folder, most);
    WEFT_TRY(std::string text, read_small(folder + "/" + name, max_bytes));
    out.emplace_back(name.substr(0, name.size() - end.size()), std::move(text));
  }
  return out;
}

}  // namespace weft
