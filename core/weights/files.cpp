#include "core/weights/files.hpp"

#include <algorithm>
#include <filesystem>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/base/json_view.hpp"
#include "core/base/large_pages.hpp"
#include "core/base/status_abi.hpp"
#include "core/weights/disguise.hpp"

namespace weft {
struct FilesTable {
  static CheckpointFiles& self(void* ctx) { return *static_cast<CheckpointFiles*>(ctx); }
  static weft_str name(void* ctx, uint32_t i) noexcept {
    const auto& names = self(ctx).names_;
    return i < names.size() ? to_str(names[i]) : weft_str{"", 0};
  }
  static weft_status* map(void* ctx, weft_str name, uint32_t* file, const uint8_t** data, uint64_t* size) noexcept {
    if (weft_status* failed = map_arriving(ctx, name, file, data, size)) return failed;
    return await(ctx, *file, 0, *size);
  }
  static weft_status* map_arriving(void* ctx, weft_str name, uint32_t* file, const uint8_t** data,
                                   uint64_t* size) noexcept {
    return guard_abi([&]() -> Status {
      WEFT_TRY(*file, self(ctx).map(std::string(to_view(name))));
      *data = self(ctx).mapped_[*file]->data();
      *size = self(ctx).mapped_[*file]->size();
      return {};
    });
  }
  static weft_status* await(void* ctx, uint32_t file, uint64_t offset, uint64_t bytes) noexcept {
    return guard_abi([&]() -> Status {
      const auto& mapped = self(ctx).mapped_;
      if (file >= mapped.size() || !extent_inside(offset, bytes, mapped[file]->size()))
        return error(Code::kOutOfRange, "{} bytes from {} on of file {}", bytes, offset, file);
      return self(ctx).await(file, offset, bytes);
    });
  }
  static weft_status* parse(void* ctx, weft_str text, const weft_json** out) noexcept {
    return guard_abi([&]() -> Status {
      JsonDocument& document = self(ctx).documents_.emplace_back();
      WEFT_TRY(document.json, parse_json(to_view(text)));
      *out = &document;
      return {};
    });
  }
};

Result<std::unique_ptr<CheckpointFiles>> CheckpointFiles::open(const std::string& path,
                                                               std::unique_ptr<Arrival> arrival) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path given(path);
  const fs::file_status status = fs::status(given, failed);
  const std::vector<Arrival::File> coming = arrival ? arrival->files() : std::vector<Arrival::File>();
  const bool file_comes = std::any_of(coming.begin(), coming.end(), [&](const auto& f) { return f.path == path; });
  const bool folder_comes =
      std::any_of(coming.begin(), coming.end(), [&](const auto& f) { return f.path.starts_with(path + "/"); });
  if (!fs::exists(status) && !file_comes && !folder_comes)
    return error(Code::kNotFound, "{}: no such file or folder", path);
  auto files = std::make_unique<CheckpointFiles>();
  files->arrival_ = std::move(arrival);
  if (fs::is_directory(status) || folder_comes) {
    files->folder_ = given.string();
  } else {
    files->folder_ = given.has_parent_path() ? given.parent_path().string() : ".";
    files->chosen_ = given.filename().string();
  }
  auto names = list_folder(files->folder_, Entries::kRegularFiles);
  if (names.ok()) {
    files->names_ = std::move(*names);
  } else if (coming.empty() && (files->chosen_.empty() || names.status().code() != Code::kPermissionDenied)) {
    return names.status();  // a chosen file may lie in a folder that cannot be listed
  }
  for (const Arrival::File& f : coming) {
    const fs::path p(f.path);
    if (p.parent_path() == files->folder_) files->names_.push_back(p.filename().string());
  }
  std::sort(files->names_.begin(), files->names_.end());
  files->names_.erase(std::unique(files->names_.begin(), files->names_.end()), files->names_.end());
  files->table_ = {{WEFT_END(weft_files, await), 0}, files.get(), static_cast<uint32_t>(files->names_.size()), 0,
                   to_str(files->chosen_), FilesTable::name, FilesTable::map, FilesTable::parse,
                   FilesTable::map_arriving, FilesTable::await};
  return files;
}

Result<uint32_t> CheckpointFiles::map(const std::string& name) {
  if (name.empty() || name.size() > 255 || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos || name == "." || name == "..") {
    return invalid("{}: \"{}\" is not a plain file name", folder_, name.substr(0, 255));
  }
  const std::string path = folder_ + "/" + name;
  for (std::size_t i = 0; i < mapped_.size(); ++i) {
    if (mapped_[i]->path() == path) return static_cast<uint32_t>(i);
  }
  uint32_t arriving = WEFT_NONE;
  WEFT_TRY(auto file, open_file(name, arriving));
  arriving_.reserve(mapped_.size() + 1);  // so that both vectors grow, or neither
  mapped_.push_back(std::move(file));
  arriving_.push_back(arriving);
  return static_cast<uint32_t>(mapped_.size() - 1);
}

Result<std::shared_ptr<MappedFile>> CheckpointFiles::open_file(const std::string& name, uint32_t& arriving) const {
  const std::string path = folder_ + "/" + name;
  for (uint32_t i = 0; arrival_ && i < arrival_->files().size(); ++i) {
    const Arrival::File& f = arrival_->files()[i];
    if (f.path != path) continue;
    arriving = i;
    if (auto file = MappedFile::open_arriving(f.now, path, f.size); file.ok()) return file;
    // The file is in its place afterwards, or it cannot be mapped while it is written.
    WEFT_CHECK_OK(arrival_->complete());
    break;
  }
  return MappedFile::open(path);
}

Status CheckpointFiles::await(uint32_t file, uint64_t offset, uint64_t bytes) const {
  return arriving_[file] == WEFT_NONE ? Status() : arrival_->await(arriving_[file], offset, bytes);
}

namespace {

Result<std::string> text_of(const MappedFile& file, uint64_t max_bytes) {
  if (file.size() > max_bytes) {
    return error(Code::kResourceExhausted, "{}: {} bytes, at most {} are read", file.path(), file.size(), max_bytes);
  }
  std::string text;
  reserve_large(text, file.size());
  text.assign(reinterpret_cast<const char*>(file.data()), file.size());
  if (file.damaged()) return error(Code::kDataLoss, "{}: shrank while it was read", file.path());
  return text;
}

}  // namespace

Result<std::string> CheckpointFiles::read_text(const std::string& name, uint64_t max_bytes) const {
  if (!std::binary_search(names_.begin(), names_.end(), name)) {
    return error(Code::kNotFound, "{}: has no {}", folder_, name);
  }
  uint32_t arriving = WEFT_NONE;
  WEFT_TRY(auto file, open_file(name, arriving));
  if (arriving != WEFT_NONE && file->size() <= max_bytes) WEFT_CHECK_OK(arrival_->await(arriving, 0, file->size()));
  return text_of(*file, max_bytes);
}

Result<Json> CheckpointFiles::read_json(const std::string& name) const {
  constexpr uint64_t kMostJson = 64u << 20;  // in bytes; larger files are refused: no model's settings are that large
  WEFT_TRY(const std::string text, read_text(name, kMostJson));
  auto parsed = parse_json(text, {.python = true, .by_line = true});
  if (const std::string_view what = parsed.ok() ? "" : disguise_of(text); !what.empty())
    return invalid("{}/{}: is {}", folder_, name, what);
  if (!parsed.ok()) return parsed.status().with_context(folder_ + "/" + name);
  return parsed;
}

Result<Json> CheckpointFiles::read_object(const std::string& name) const {
  auto read = read_json(name);
  if (read.status().code() == Code::kNotFound) return Json::object();
  if (!read.ok() || read->is_object()) return read;
  const DrainAtEnd drain(*read);
  return invalid("{}/{}: a JSON {}, expected an object", folder_, name, read->type_name());
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
    if (out.size() == most)
      return error(Code::kResourceExhausted, "{}: more than {} files, which is as many as are read", folder, most);
    WEFT_TRY(auto file, MappedFile::open(folder + "/" + name));
    WEFT_TRY(std::string text, text_of(*file, max_bytes));
    out.emplace_back(name.substr(0, name.size() - end.size()), std::move(text));
  }
  return out;
}

}  // namespace weft
