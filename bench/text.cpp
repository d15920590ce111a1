// weft_tokenize TOKENIZER.json TEXT: loads, encodes the text in pieces of 4 kB on one thread, prints JSON.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "core/text/tokenizer.hpp"

namespace {

std::string read(const char* path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "weft_tokenize TOKENIZER.json TEXT\n", 2;
  const std::string json = read(argv[1]), text = read(argv[2]);
  const double start = cpu_seconds();
  const auto tokenizer = weft::Tokenizer::from_json(json);
  if (!tokenizer.ok()) return std::cerr << tokenizer.status().message() << "\n", 1;
  const double loaded = cpu_seconds();
  std::size_t tokens = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + 4096);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const auto ids = tokenizer->encode(std::string_view(text).substr(at, end - at));
    if (!ids.ok()) return std::cerr << ids.status().message() << "\n", 1;
    tokens += ids->size();
    at = end;
  }
  const double done = cpu_seconds();
  std::cout << "{\"load_ms\":" << (loaded - start) * 1e3 << ",\"mb_s\":" << static_cast<double>(text.size()) / (done - loaded) / 1e6
            << ",\"tokens\":" << tokens << "}\n";
  return 0;
}
