// modelscope://: the service names no commits, but gives the sha256 of each file; a hash of these stands for a commit.
#include <map>

#include "core/base/error.hpp"
#include "hub/names.hpp"
#include "hub/remote.hpp"
#include "hub/sources/listings.hpp"

namespace weft::hub {
namespace {

class ModelScopeRemote : public Remote {
 public:
  ModelScopeRemote(const Settings& s, std::string repo)
      : server_{s.modelscope, s.modelscope_token.empty() ? "" : "Bearer " + s.modelscope_token},
        repo_(std::move(repo)) {}
  std::string text() const override { return "modelscope://" + repo_; }
  std::string cache_name() const override {
    return "modelscope--" + repo_.substr(0, repo_.find('/')) + "--" + repo_.substr(repo_.find('/') + 1);
  }

  Result<std::string> commit(Client& client, const std::string& revision, int tries) override {
    revision_ = revision;
    Json answer;
    const DrainAtEnd drain(answer);
    const Asked asked{text(), revision, "", !server_.authorization.empty()};
    const std::string url = api() + "/repo/files?Revision=" + url_quote(revision, false) + "&Recursive=true";
    WEFT_CHECK_OK(get_json(client, server_, url, asked, tries, answer).status());
    auto listing = modelscope_files(answer);
    if (!listing.ok()) return listing.status().with_context(text() + ": at \"" + clean(revision) + "\"");
    listing_ = std::move(*listing);
    std::string all;
    for (const Entry& e : listing_) all += e.path + "\n" + e.sha256 + "\n";
    WEFT_TRY(const std::string hash, hash_of(HashKind::kSha256, all));
    return hash.substr(0, 40);
  }

  Result<Listing> list(Client& client, const std::string& commit) override {
    if (listing_.empty()) WEFT_CHECK_OK(this->commit(client, revision_, 6).status());
    (void)commit;
    return listing_;
  }

  RemoteFile file(const std::string& commit, const Entry& e) const override {
    RemoteFile f;
    f.call.server = &server_;
    f.call.request.url =
        api() + "/repo?Revision=" + url_quote(revision_, false) + "&FilePath=" + url_quote(e.path, false);
    f.size = e.size;
    f.digest = {HashKind::kSha256, e.sha256};
    f.asked = {text(), commit, e.path, !server_.authorization.empty()};
    return f;
  }

 private:
  std::string api() const { return server_.endpoint + "/api/v1/models/" + repo_; }
  Server server_;
  std::string repo_, revision_ = "master";
  Listing listing_;
};

}  // namespace

Result<Listing> modelscope_files(const Json& answer) {
  const Json* data = answer.is_object() && answer.contains("Data") ? &answer["Data"] : nullptr;
  if (data == nullptr || !data->is_object() || !data->contains("Files") || !(*data)["Files"].is_array()) {
    return error(Code::kNotFound, "the server lists no files: {}", clean(json_text(answer, "Message")));
  }
  std::map<std::string, Entry> files;
  for (const Json& f : (*data)["Files"]) {
    if (json_text(f, "Type") == "tree") continue;
    Entry e;
    e.path = json_text(f, "Path"), e.sha256 = json_text(f, "Sha256");
    if (Status s = check_path(e.path); !s.ok()) return s.with_context("the server lists a file that cannot be stored");
    const auto size = json_number(f, "Size");
    if (!size || *size > (uint64_t{1} << 50) || !is_hex(e.sha256, 64))
      return error(Code::kDataLoss, "{}: the server gives no size or no sha256", clean(e.path));
    e.size = *size;
    files[e.path] = std::move(e);
  }
  Listing listing;
  for (auto& [path, e] : files) listing.push_back(std::move(e));
  return listing;
}

std::unique_ptr<Remote> modelscope_remote(const Settings& settings, const std::string& repo) {
  return std::make_unique<ModelScopeRemote>(settings, repo);
}

}  // namespace weft::hub
