// A host that loads a handle through weft.hpp: client HANDLE [cancel]. Prints what it was told.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <weft/weft.hpp>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::atomic<unsigned> calls{0};
  weft::RuntimeOptions options;
  options.fetch_progress = [&](const weft_source_progress&) { ++calls; };
  if (argc > 2 && std::strcmp(argv[2], "cancel") == 0) options.fetch_cancelled = [&] { return calls > 0; };
  const auto runtime = weft::Runtime::create(options);
  if (!runtime.ok()) return 1;
  const auto lm = weft::CausalLM::from_preset(argv[1], {}, *runtime);
  if (!lm.ok()) {
    std::printf("code %u: %s\n", static_cast<unsigned>(lm.status().code()), std::string(lm.status().message()).c_str());
    return 1;
  }
  const auto path = weft::fetch(argv[1]);
  std::printf("vocabulary %lld, progress %s, path %s\n", static_cast<long long>(lm->vocab_size()),
              calls > 0 ? "yes" : "no", path.ok() ? path->c_str() : "none");
  return 0;
}
