// kaggle://: a version of a model is a tar archive, which is unpacked here.
#pragma once

#include "hub/client.hpp"
#include "hub/pull.hpp"

namespace weft::hub {

Result<Pulled> pull_kaggle(Client& client, const std::string& handle, const PullOptions& options);

}  // namespace weft::hub
