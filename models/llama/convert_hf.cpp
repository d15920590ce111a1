// Hugging Face folders: parameters are named as the blueprint names them.
#include "models/llama/converters.hpp"

namespace weft::llama {

using namespace sdk;

uint32_t HuggingFace::probe(const Checkpoint& c) {
  weft_json storage{};
  const std::string_view type = c.json_file("config.json", storage)["model_type"].string();
  return type == "llama" || type == "mistral" ? 100 : 0;
}

Identity HuggingFace::identify(const Checkpoint& c) {
  weft_json storage{};
  const Json config = c.json_file("config.json", storage);
  if (!config["quantization_config"].null()) {
    refuse("config quantization_config: quantised Hugging Face repositories are not read yet");
  }
  return {std::string(config["model_type"].string()), ""};  // config.json as it is
}

void HuggingFace::plan(const Checkpoint& c, const Json&, const std::vector<std::string>& params, const Plan& plan) {
  for (const std::string& name : params) {
    if (c.has(name)) plan.map(name, plan.source(name));
  }
  for (uint32_t i = 0; i < c.size(); ++i) {
    const std::string name(c.tensor(i).name);
    const bool buffer = name.size() > 9 && name.rfind(".inv_freq") == name.size() - 9;
    if (buffer) plan.ignore(i, "rope frequencies, computed from the config");
    const bool tied_head = name == "lm_head.weight" && std::find(params.begin(), params.end(), name) == params.end();
    if (tied_head) plan.ignore(i, "tied to the embedding by the config");
  }
}

}  // namespace weft::llama
