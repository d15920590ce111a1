// hf://: the Hugging Face Hub, or a mirror of it.
#include <set>

#include "core/base/error.hpp"
#include "hub/names.hpp"
#include "hub/remote.hpp"
#include "hub/sources/listings.hpp"

namespace weft::hub {
namespace {

constexpr uint64_t kMostJson = 64u << 20;
constexpr std::size_t kMostFiles = 1000000, kMostPages = 100000;

class HfRemote : public Remote {
 public:
  HfRemote(const Settings& s, std::string repo)
      : server_{s.endpoint, s.token.empty() ? "" : "Bearer " + s.token}, repo_(std::move(repo)) {}

  std::string text() const override { return "hf://" + repo_; }
  std::string cache_name() const override {
    return "models--" + repo_.substr(0, repo_.find('/')) + "--" + repo_.substr(repo_.find('/') + 1);
  }
  bool in_hub_cache() const override { return true; }

  Result<std::string> commit(Client& client, const std::string& revision, int tries) override {
    if (const std::string& note = client.settings().token_note; !note.empty()) client.warn(note);
    Json info;
    const DrainAtEnd drain(info);
    WEFT_CHECK_OK(
        get_json(client, server_, api() + "/revision/" + url_quote(revision, false), asked(revision), tries, info)
            .status());
    const std::string sha = json_text(info, "sha");
    if (!is_commit(sha))
      return error(Code::kDataLoss, "{}: the server names no commit for \"{}\"", text(), clean(revision));
    return sha;
  }

  Result<Listing> list(Client& client, const std::string& commit) override {
    std::map<std::string, Entry> all;
    std::string url = api() + "/tree/" + commit + "?recursive=true&expand=false";
    std::set<std::string> seen;
    for (std::size_t page = 0; !url.empty(); ++page) {
      if (page == kMostPages || !seen.insert(url).second)
        return error(Code::kDataLoss, "{}: its list of files never ends", text());
      Json items;
      const DrainAtEnd drain(items);
      WEFT_TRY(const Answer a, get_json(client, server_, url, asked(commit), 6, items));
      if (!items.is_array()) return error(Code::kDataLoss, "{}: the list of files is not a JSON array", text());
      for (const Json& item : items) {
        if (json_text(item, "type") == "directory") continue;
        auto e = hf_entry(item);
        if (!e.ok()) return e.status().with_context(text());
        all[e->path] = std::move(*e);
      }
      if (all.size() > kMostFiles) return error(Code::kResourceExhausted, "{}: more than {} files", text(), kMostFiles);
      WEFT_TRY(url, next_page(a));
    }
    Listing listing;
    for (auto& [path, e] : all) listing.push_back(std::move(e));
    return listing;
  }

  std::string license(Client& client, const std::string& commit) override {
    Json info;
    const DrainAtEnd drain(info);
    if (client.settings().offline ||
        !get_json(client, server_, api() + "/revision/" + commit, asked(commit), 1, info).ok())
      return {};
    if (info.is_object() && info.contains("cardData")) {
      const Json& card = info["cardData"];
      const std::string name = json_text(card, "license_name"), license = json_text(card, "license");
      if (!license.empty()) return clean(license == "other" && !name.empty() ? name : license, 60);
    }
    const Json tags =
        info.is_object() && info.contains("tags") && info["tags"].is_array() ? info["tags"] : Json::array();
    for (const Json& tag : tags) {
      if (tag.is_string() && tag.get_ref<const std::string&>().starts_with("license:"))
        return clean(tag.get<std::string>().substr(8), 60);
    }
    return {};
  }

  RemoteFile file(const std::string& commit, const Entry& e) const override {
    RemoteFile f;
    f.call.server = &server_;
    f.call.request.url = server_.endpoint + "/" + repo_ + "/resolve/" + commit + "/" + url_quote(e.path, true);
    f.size = e.size;
    f.digest = digest_of_id(e.id());
    f.asked = asked(commit);
    f.asked.path = e.path;
    f.asked.size = e.size;
    return f;
  }

 private:
  std::string api() const { return server_.endpoint + "/api/models/" + repo_; }
  Asked asked(const std::string& revision) const { return {text(), revision, "", !server_.authorization.empty()}; }

  /// The URL of the next page; empty after the last. Mirrors may link to the Hub itself: only path and query count
  /// then.
  Result<std::string> next_page(const Answer& a) const {
    const std::string link = next_link(a.response.header("link"));
    if (link.empty()) return std::string();
    WEFT_TRY(std::string url, join_url(a.url, link));
    if (origin(url) == origin(server_.endpoint)) return url;
    const std::size_t path = url.find('/', url.find("://") + 3);
    return server_.endpoint + (path == url.npos ? "" : url.substr(path));
  }

  Server server_;
  std::string repo_;
};

}  // namespace

Result<Entry> hf_entry(const Json& item) {
  Entry e;
  e.path = json_text(item, "path");
  if (Status s = check_path(e.path); !s.ok()) return s.with_context("the server lists a file that cannot be stored");
  const Json* lfs = item.contains("lfs") && item["lfs"].is_object() ? &item["lfs"] : nullptr;
  const auto size = lfs && json_number(*lfs, "size") ? json_number(*lfs, "size") : json_number(item, "size");
  e.blob_id = json_text(item, "oid"), e.xet_hash = json_text(item, "xetHash");
  if (lfs) e.sha256 = json_text(*lfs, json_text(*lfs, "oid").empty() ? "sha256" : "oid");
  if (e.sha256.starts_with("sha256:")) e.sha256.erase(0, 7);
  if (!is_hex(e.xet_hash, 64)) e.xet_hash.clear();
  if (!size || *size > (uint64_t{1} << 50) || !is_hex(e.blob_id, 40) || (lfs && !is_hex(e.sha256, 64))) {
    return error(Code::kDataLoss, "{}: the server gives no size or no hash of it", clean(e.path));
  }
  e.size = *size;
  return e;
}

std::string next_link(const std::string& header) {
  for (const std::string& link : split(header, ',')) {
    const std::size_t open = link.find('<'), close = link.find('>');
    if (open == link.npos || close == link.npos || close < open) continue;
    const std::string rest = link.substr(close);
    if (rest.find("rel=\"next\"") != rest.npos || rest.find("rel=next") != rest.npos)
      return link.substr(open + 1, close - open - 1);
  }
  return {};
}

Result<Answer> get_json(Client& client, const Server& server, const std::string& url, const Asked& asked, int tries,
                        Json& out) {
  Connection connection = client.connection();
  Call call;
  call.server = &server;
  call.tries = tries;
  call.request.url = url;
  call.request.compressed = true;
  call.request.most_body = kMostJson;
  call.request.headers = {"Accept: application/json"};
  WEFT_TRY(Answer a, client.send(connection, call));
  if (a.response.status != 200) return refusal(a.response, a.url, asked);
  auto json = parse_json(a.response.body, {.max_bytes = kMostJson, .max_depth = 32});
  if (!json.ok()) return json.status().with_context(asked.repo + ": " + shown_url(url));
  out = std::move(*json);
  return a;
}

std::unique_ptr<Remote> hf_remote(const Settings& settings, const std::string& repo) {
  return std::make_unique<HfRemote>(settings, repo);
}

}  // namespace weft::hub
