// Any text as a handle or a URL: what is accepted holds plain names only, and what is shown to users holds no secret.
#include <cstdlib>

#include "hub/handle.hpp"
#include "hub/names.hpp"

using namespace weft::hub;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const char* scheme : {"hf://", "modelscope://", ""}) {
    const auto h = parse_repo_handle(scheme + text);
    if (!h.ok()) continue;
    if (!check_path(h->repo).ok() || !check_path(h->revision).ok() || (!h->path.empty() && !check_path(h->path).ok()))
      std::abort();
  }
  if (const auto h = parse_ollama_handle("ollama://" + text); h.ok() && !check_path(h->name).ok()) std::abort();
  if (const auto h = parse_kaggle_handle("kaggle://" + text); h.ok() && !check_path(h->model).ok()) std::abort();
  const auto joined = join_url("https://hub.example/a/b?c=d", text);
  if (joined.ok() && !origin(*joined).starts_with("http")) std::abort();
  if (shown_url(text).find('?') != std::string::npos) std::abort();
  const std::string shown = clean(text);
  for (const char c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  if (const auto plain = url_unquote(text); plain.ok() && url_unquote(url_quote(*plain, false)).value() != *plain)
    std::abort();
  return 0;
}
