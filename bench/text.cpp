// weft_text_speed TOKENIZER TEXT [PIECE]: loads a tokenizer, and encodes the text in pieces of PIECE bytes (4096), on
// one thread.
// weft_text_speed --render TEMPLATE CONTEXT [ROUNDS]: parses a chat template and renders it.
// Both print one JSON object. TOKENIZER: tokenizer.json, tokenizer.model or a GGUF.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>

#include "core/base/json.hpp"
#include "core/base/large_pages.hpp"
#include "core/model/engine.hpp"
#include "core/model/text_side.hpp"
#include "core/text/jinja/template.hpp"
#include "core/text/tokenizer_files.hpp"

namespace {

using weft::Result;

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::string text;
  const std::size_t size = in ? static_cast<std::size_t>(in.tellg()) : 0;
  weft::reserve_large(text, size);  // the framework reads files so too
  text.resize(size);
  in.seekg(0).read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

/// Milliseconds of processor time, which other programs disturb less than time of the clock.
double milliseconds() { return static_cast<double>(std::clock()) * 1e3 / CLOCKS_PER_SEC; }

template <class T>
T checked(Result<T> result) {
  if (!result.ok()) {
    std::cerr << result.status().message() << "\n";
    std::exit(1);
  }
  return std::move(*result);
}

weft::Tokenizer load(weft::Engine& engine, const std::string& path) {
  if (path.ends_with(".gguf")) {
    return checked(weft::TextSide::load(engine, *checked(engine.open_checkpoint(path)))).tokenizer();
  }
  if (path.ends_with(".json")) return checked(weft::Tokenizer::from_json(read(path)));
  weft::TokenizerFiles files;
  files.model = read(path);
  return checked(weft::Tokenizer::from_files(files));
}

// FNV-1a over the ids, to compare them with those of other tokenizers.
std::uint32_t add_to_hash(std::uint32_t hash, const std::vector<std::int32_t>& ids) {
  for (const std::int32_t id : ids) hash = (hash ^ static_cast<std::uint32_t>(id)) * 16777619u;
  return hash;
}

int tokenize(const std::string& path, const std::string& text, std::size_t piece) {
  const auto engine = checked(weft::Engine::create({.threads = 1}));
  if (path.ends_with(".gguf")) checked(engine->open_checkpoint(path));  // finds the plugin before time is taken
  const double start = milliseconds();
  const weft::Tokenizer tokenizer = load(*engine, path);
  const double loaded = milliseconds();
  std::size_t tokens = 0;
  std::uint32_t hash = 2166136261u;
  double spent = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + piece);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const double before = milliseconds();
    const auto ids = checked(tokenizer.encode(std::string_view(text).substr(at, end - at)));
    spent += milliseconds() - before;
    tokens += ids.size();
    hash = add_to_hash(hash, ids);
    at = end;
  }
  std::cout << "{\"load_ms\":" << loaded - start << ",\"mb_s\":" << static_cast<double>(text.size()) / spent / 1e3
            << ",\"tokens\":" << tokens << ",\"hash\":" << hash << "}\n";
  return 0;
}

int render(const std::string& source, const std::string& context_text, int rounds) {
  weft::Json context = checked(weft::parse_json(context_text));
  const double start = milliseconds();
  const auto chat = checked(weft::ChatTemplate::parse(source));
  std::string text = checked(chat.render(context)).text;
  const double first = milliseconds();
  for (int i = 0; i < rounds; ++i) text = checked(chat.render(context)).text;
  std::cout << "{\"first_ms\":" << first - start << ",\"ms\":" << (milliseconds() - first) / rounds
            << ",\"bytes\":" << text.size() << "}\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 2)
    return std::cerr << "weft_text_speed TOKENIZER TEXT [PIECE] | --render TEMPLATE CONTEXT [ROUNDS]\n", 2;
  if (args[0] != "--render") return tokenize(args[0], read(args[1]), args.size() > 2 ? std::stoul(args[2]) : 4096);
  if (args.size() < 3) return 2;
  return render(read(args[1]), read(args[2]), args.size() > 3 ? std::stoi(args[3]) : 200);
}
