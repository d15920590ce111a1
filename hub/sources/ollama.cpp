// ollama://: a registry of images; each is a manifest that names layers by their sha256.
#include <map>

#include "core/base/error.hpp"
#include "hub/handle.hpp"
#include "hub/names.hpp"
#include "hub/remote.hpp"
#include "hub/sources/listings.hpp"

namespace weft::hub {
namespace {

constexpr const char* kManifest = "application/vnd.docker.distribution.manifest.v2+json";

/// The file that a layer becomes; empty for layers of unknown kinds.
std::string file_name(const std::string& media_type) {
  constexpr std::pair<const char*, const char*> known[] = {
      {"model", "model.gguf"},  {"projector", "projector.gguf"}, {"adapter", "adapter.gguf"},
      {"template", "template"}, {"params", "params.json"},       {"system", "system"},
      {"license", "license"},   {"messages", "messages.json"}};
  for (const auto& [kind, name] : known) {
    if (media_type == std::string("application/vnd.ollama.image.") + kind) return name;
  }
  return {};
}

class OllamaRemote : public Remote {
 public:
  OllamaRemote(const Settings& s, OllamaHandle h) : handle_(std::move(h)) {
    server_.endpoint = s.ollama;
    if (!handle_.host.empty())
      server_.endpoint = (is_loopback("http://" + handle_.host) ? "http://" : "https://") + handle_.host;
  }
  std::string text() const override {
    return "ollama://" + (handle_.host.empty() ? "" : handle_.host + "/") + handle_.name;
  }
  std::string cache_name() const override {
    std::string name = "ollama--" + (handle_.host.empty() ? "" : handle_.host + "--") + handle_.name;
    for (std::size_t at; (at = name.find_first_of("/:[]")) != name.npos;)
      name.replace(at, 1, name[at] == '/' ? "--" : "_");
    return name;
  }

  Result<std::string> commit(Client& client, const std::string& tag, int tries) override {
    Connection connection = client.connection();
    Call call;
    call.server = &server_;
    call.tries = tries;
    call.request.url = base() + "/manifests/" + tag;
    call.request.headers = {std::string("Accept: ") + kManifest};
    call.request.most_body = 4u << 20;
    WEFT_TRY(Answer a, client.send(connection, call));
    if (a.response.status == 404)
      return error(Code::kNotFound, "{}: the registry has no such model or no tag \"{}\"", text(), tag);
    if (a.response.status != 200) return refusal(a.response, a.url, {text(), tag});
    manifest_ = std::move(a.response.body);
    return hash_of(HashKind::kSha256, manifest_);
  }

  Result<Listing> list(Client&, const std::string&) override {
    auto listing = ollama_files(manifest_);
    return listing.ok() ? std::move(listing) : Result<Listing>(listing.status().with_context(text() + ": manifest"));
  }

  RemoteFile file(const std::string& commit, const Entry& e) const override {
    RemoteFile f;
    f.call.server = &server_;
    f.call.request.url = base() + "/blobs/sha256:" + e.sha256;
    f.size = e.size;
    f.digest = {HashKind::kSha256, e.sha256};
    f.asked = {text(), commit, e.path};
    return f;
  }

 private:
  std::string base() const { return server_.endpoint + "/v2/" + handle_.name; }
  OllamaHandle handle_;
  Server server_;
  std::string manifest_;
};

}  // namespace

Result<Listing> ollama_files(const std::string& manifest) {
  auto json = parse_json(manifest);
  if (!json.ok()) return json.status();
  const DrainAtEnd drain(*json);
  const auto layers = json->is_object() ? json->find("layers") : json->end();
  if (layers == json->end() || !layers->is_array() || layers->size() > 1000)
    return error(Code::kDataLoss, "it has no layers");
  std::map<std::string, Entry> files;
  for (const Json& layer : *layers) {
    Entry e;
    const std::string digest = json_text(layer, "digest"), name = file_name(json_text(layer, "mediaType"));
    const auto size = json_number(layer, "size");
    if (name.empty()) continue;
    if (!digest.starts_with("sha256:") || !is_hex(digest.substr(7), 64) || !size || *size > (uint64_t{1} << 50)) {
      return error(Code::kDataLoss, "a layer has no sha256 or no size");
    }
    e.path = name, e.sha256 = digest.substr(7), e.size = *size;
    for (int n = 2; files.contains(e.path); ++n) e.path = fmt::format("{}-{}", name, n);
    files[e.path] = std::move(e);
  }
  if (!files.contains("model.gguf")) return error(Code::kUnimplemented, "it names no GGUF model");
  Listing listing;
  for (auto& [path, e] : files) listing.push_back(std::move(e));
  return listing;
}

std::unique_ptr<Remote> ollama_remote(const Settings& settings, const OllamaHandle& handle) {
  return std::make_unique<OllamaRemote>(settings, handle);
}

}  // namespace weft::hub
