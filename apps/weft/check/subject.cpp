#include "apps/weft/check/subject.hpp"

#include <filesystem>

#include "apps/weft/whole_file.hpp"
#include "core/base/error.hpp"
#include "core/base/folder.hpp"
#include "core/plugins/environment.hpp"
#include "core/plugins/trust.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".weftplugin.json";
constexpr uint64_t kMostManifest = 1 << 20;

Subject of_manifest(const fs::path& path) {
  Subject s;
  s.manifest_path = path.string();
  auto text = read_whole_file(s.manifest_path, kMostManifest);
  if (!text.ok()) {
    s.readable = text.status();
    return s;
  }
  auto manifest = parse_manifest(*text);
  if (!manifest.ok()) {
    s.readable = manifest.status();
    return s;
  }
  s.manifest = std::move(*manifest);
  s.library_path = (path.parent_path() / s.manifest.library).string();
  std::error_code failed;
  if (!fs::exists(s.library_path, failed)) return s;
  const auto trusted = trusted_path(s.library_path, read_environment().insecure);
  s.trusted = trusted.ok();
  if (!trusted.ok()) s.why_not_trusted = std::string(trusted.status().message());
  return s;
}

Result<std::vector<Subject>> of_folder(const fs::path& folder) {
  std::vector<Subject> all;
  WEFT_TRY(const auto names, list_folder(folder.string(), Entries::kRegularFiles));
  for (const std::string& name : names) {
    if (name.ends_with(kSuffix)) all.push_back(of_manifest(folder / name));
  }
  return all;
}

}  // namespace

Result<std::vector<Subject>> find_subjects(const std::string& given) {
  std::error_code failed;
  const fs::path path = fs::absolute(given, failed);
  if (failed || !fs::exists(path, failed)) return error(Code::kNotFound, "{}: no such file or folder", given);
  if (fs::is_directory(path)) {
    WEFT_TRY(auto all, of_folder(path));
    if (all.empty())
      return error(Code::kNotFound, "{}: the folder has no manifest, expected a file NAME{}", given, kSuffix);
    return all;
  }
  if (path.string().ends_with(kSuffix)) return std::vector{of_manifest(path)};
  WEFT_TRY(const auto beside, of_folder(path.parent_path()));
  for (const Subject& s : beside) {
    std::error_code differ;
    if (s.readable.ok() && fs::equivalent(s.library_path, path, differ)) return std::vector{s};
  }
  Subject alone;
  alone.library_path = path.string();
  return std::vector{alone};
}

}  // namespace weft::app
