// A source: turns handles "@NAME@://..." into local files. This one finds them below a folder that weft.json names:
//   {"plugins": {"options": {"@ID@": {"root": "/models"}}}}
//
// To fill in:  1. Plugin's constructor: the options, of which unknown ones are refused
//              2. `fetch`: what the handle names is brought to a local folder and verified before its path is given
// A handle is any user's text: check it before it becomes part of a path, a command or an address.
#include <filesystem>

#include <weft/sdk/json.hpp>
#include <weft/sdk/plugin.hpp>
#include <weft/sdk/source.hpp>

namespace {

using namespace weft::sdk;

class Shelf : public Source {
 public:
  explicit Shelf(std::string root) : Source("@NAME@"), root_(std::move(root)) {}

  /// Called on any thread, also by several at once.
  std::string fetch(const SourceRequest& request) const override {
    if (root_.empty()) fail(WEFT_FAILED_PRECONDITION, "@ID@: plugins.options names no \"root\"");
    const std::filesystem::path path = std::filesystem::path(request.path()).lexically_normal();
    if (path.empty() || path.is_absolute() || *path.begin() == "..")
      refuse(std::string(request.handle()) + ": expected @NAME@://FOLDER, below the root");
    const std::filesystem::path local = std::filesystem::path(root_) / path;
    std::error_code failed;
    if (!std::filesystem::exists(local, failed))
      fail(WEFT_NOT_FOUND, std::string(request.handle()) + ": there is no " + local.string());
    return local.string();
  }

 private:
  const std::string root_;
};

/// The option "root", an absolute path; "": it is not given. Throws on what is not known.
std::string root_of(const Json& options) {
  for (uint64_t i = 0; i < options.size(); ++i) {
    if (options.key(i) != "root") refuse("option " + std::string(options.key(i)) + " is not known, known is root");
  }
  const Json root = options["root"];
  if (!root.absent() && !root.string().starts_with('/')) refuse("option root is not a path that begins with /");
  return std::string(root.string());
}

struct Plugin {
  static constexpr std::string_view kId = "@ID@", kVersion = "0.1.0", kVendor = "@VENDOR@";
  explicit Plugin(const Json& options) : source_(root_of(options)) {}
  const void* interface(std::string_view id, uint32_t n) {
    return id == WEFT_SOURCE_INTERFACE && n == 0 ? source_.table() : nullptr;
  }

 private:
  const Shelf source_;
};

}  // namespace

WEFT_PLUGIN(Plugin)
