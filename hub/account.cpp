#include "hub/account.hpp"

#include "hub/names.hpp"
#include "hub/remote.hpp"

namespace weft::hub {

Result<std::string> account_name(const Settings& settings) {
  Client client(settings, nullptr, nullptr);
  const Server server{settings.endpoint, "Bearer " + settings.token};
  Json answer;
  const DrainAtEnd drain(answer);
  const auto got = get_json(client, server, settings.endpoint + "/api/whoami-v2", {"login", "", "", true}, 3, answer);
  if (!got.ok()) {
    const bool bad = got.status().code() == Code::kNotFound || got.status().code() == Code::kUnauthenticated;
    return redact(settings,
                  bad ? Status(Code::kUnauthenticated,
                               "the Hub does not know this token; make one on https://huggingface.co/settings/tokens")
                      : got.status());
  }
  return json_text(answer, "name");
}

}  // namespace weft::hub
