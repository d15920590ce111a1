#include "apps/weft/common.hpp"
#include "apps/weft/plugin_commands.hpp"

namespace weft::app {

Commands all_commands() {
  Commands commands;
  add_run(commands);
  add_logits(commands);
  add_embed(commands);
  add_classify(commands);
  add_rerank(commands);
  add_tag(commands);
  add_fill(commands);
  add_answer(commands);
  add_tokenize(commands);
  add_template(commands);
  add_inspect(commands);
  add_plugins(commands);
  add_plugins_new(commands);
  add_plugins_install(commands);
  add_plugins_check(commands);
  add_plugins_probe(commands);
  add_devices(commands);
  add_bench(commands);
  add_pull(commands);
  add_cache_commands(commands);
  add_info(commands);
  add_login(commands);
  return commands;
}

}  // namespace weft::app
