// A host that loads a handle through weft.hpp: client HANDLE [cancel-fetch|cancel-load]. Prints what it was told.
// It cancels the fetch once there is progress, or the call that loads once weights begin to come.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <weft/weft.hpp>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const char* how = argc > 2 ? argv[2] : "";
  std::atomic<unsigned> calls{0};
  const auto cancel = weft::Cancel::create();
  if (!cancel.ok()) return 1;
  weft::RuntimeOptions options;
  options.fetch_progress = [&](const weft_source_progress& p) {
    ++calls;
    if (p.size > 1'000'000 && p.done > 0 && std::strcmp(how, "cancel-load") == 0) cancel->raise();
  };
  if (std::strcmp(how, "cancel-fetch") == 0) options.fetch_cancelled = [&] { return calls > 0; };
  const auto runtime = weft::Runtime::create(options);
  if (!runtime.ok()) return 1;
  const auto lm = weft::CausalLM::from_preset(argv[1], {.limits = {.cancel = *cancel}}, *runtime);
  if (!lm.ok()) {
    std::printf("code %u: %s\n", static_cast<unsigned>(lm.status().code()), std::string(lm.status().message()).c_str());
    return 1;
  }
  const auto path = weft::fetch(argv[1]);
  std::printf("vocabulary %lld, progress %s, path %s\n", static_cast<long long>(lm->vocab_size()),
              calls > 0 ? "yes" : "no", path.ok() ? path->c_str() : "none");
  return 0;
}
