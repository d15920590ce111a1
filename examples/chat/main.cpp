// A chat in C++: chat MODEL [BACKEND]
#include <iostream>
#include <weft/weft.hpp>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: chat MODEL [BACKEND]\n";
    return 2;
  }
  auto lm = weft::CausalLM::from_preset(argv[1], {.backend = argc > 2 ? argv[2] : ""});
  if (!lm.ok()) {
    std::cerr << "chat: " << lm.status().message() << '\n';
    return 1;
  }
  std::cerr << lm->summary() << '\n';

  weft::Chat chat(*lm, "You are a helpful assistant.");
  for (std::string line; std::cerr << "> " && std::getline(std::cin, line);) {
    weft::Pieces& answer = chat.say(line, {.max_tokens = 256, .temperature = 0.2});
    for (std::string_view piece : answer) std::cout << piece << std::flush;
    std::cout << '\n';
    if (!answer.status().ok()) {
      std::cerr << "chat: " << answer.status().message() << '\n';
      return 1;
    }
  }
}
