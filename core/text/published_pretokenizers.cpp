// Pre-tokenizers by the names that checkpoints use for them. Data about published files.
#include <array>

#include "core/base/error.hpp"
#include "core/text/pretokenizer.hpp"

namespace weft {
namespace {

constexpr std::string_view kDigit = R"(\p{N})";
constexpr std::string_view kThreeDigits = "[0-9][0-9][0-9]";
constexpr std::string_view kLines = "[^\n]+|[\n]+";
constexpr std::string_view kCasedLetters =  // Lu, Ll and Lt as of an older Unicode
    R"(\s?[)"
    R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF})"
    R"(\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1})"
    R"(\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"
    R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77})"
    R"(\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D})"
    R"(\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE})"
    R"(\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC})"
    R"(\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124})"
    R"(\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E})"
    R"(\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D})"
    R"(\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF})"
    R"(\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F})"
    R"(\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943})"
    "]+";
constexpr std::string_view kHangulToCjk = "[一-龥ࠀ-一가-퟿]+";
constexpr std::string_view kNotPunctuated = R"( ?[^(\s|.,!?…。，、।۔،)]+)";
constexpr std::string_view kPunctuated = R"([\p{P}\$\+<=>\^~\|]+)";

constexpr std::string_view kQwen35 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kUfakzeka =
    R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kSeedCoder =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kBailing =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|)"
    R"(\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view kMiniCpm5 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kExaoneMoe =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view kJais2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
    R"(\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|)"
    R"(\s{1,2}(?!\S)|\s{1})";
constexpr std::string_view kKimi =
    R"([\p{Han}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kYoutu =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kSpark =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|)"
    R"( ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+)";

enum Trait : unsigned { kWhole = 1, kNfc = 2, kBos = 4, kSep = 8, kRaw = 16, kMarked = 32 };

struct Row {
  std::string_view names;  // each name stands between spaces
  std::array<std::string_view, 6> patterns;
  unsigned traits = 0;
};

const Row kRows[] = {
    {" default ", {kPunctuated, kByteLevelPattern, R"(\p{N}+)", kThreeDigits}},
    {" gpt-2 gpt2 phi-2 mpt olmo jais jina-es jina-de jina-v2-es jina-v2-de gigachat trillion mellum a.x-4.0 "
     "modern-bert granite-docling exaone4 ",
     {kByteLevelPattern}},
    {" jina-v1-en jina-v2-code roberta-bpe ", {kByteLevelPattern}, kSep},
    {" smollm starcoder refact command-r codeshell exaone minerva-7b mellum2 ", {kDigit, kByteLevelPattern}},
    {" falcon ", {R"([\p{P}\$\+<=>\^~\|`]+)", kByteLevelPattern, kThreeDigits}},
    {" llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano ",
     {kDigits3Pattern},
     kWhole | kBos},
    {" dbrx smaug-bpe chatglm-bpe glm4 ", {kDigits3Pattern}},
    {" jais-2 ", {kJais2}},
    {" qwen2 deepseek-r1-qwen kormo f2llmv2 megrez ", {kDigits1Pattern}, kNfc},
    {" qwen35 ", {kQwen35}},
    {" stablelm2 hunyuan solar-open grok-2 ", {kDigits1Pattern}},
    {" laguna ", {kLines, kDigits1Pattern}},
    {" ufakzeka ", {kUfakzeka}},
    {" seed-coder ", {kSeedCoder}},
    {" bailingmoe bailingmoe2 llada-moe ", {kBailing}},
    {" minicpm5 ", {kNumbers3Pattern, kMiniCpm5}, kWhole},
    {" exaone-moe ", {kExaoneMoe}},
    {" gpt-4o llama4 kanana2 talkie minimax-m2 ", {kCased3Pattern}},
    {" granite-embed-multi-97m ", {kCased3Pattern}, kWhole},
    {" tiny_aya cohere2moe ", {R"(\d{1,3}(?=(?:\d{3})*\b))", kCased3Pattern}},
    {" kimi-k2 ", {kKimi}},
    {" youtu ",
     {"[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+", kYoutu},
     kWhole},
    {" tekken ", {kCased1Pattern}, kWhole | kBos},
    {" deepseek-v3 hunyuan-dense joyai-llm hy_v4 ", {kNumbers3Pattern, kCjkPattern, kMarkedPattern}},
    {" spark2_5 ", {kNumbers3Pattern, kCjkPattern, kSpark, kDigit}},
    {" afmoe ",
     {R"(\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N})))",
      "[一-鿿㐀-䶿\\x{F900}-\\x{FAFF}぀-ゟ゠-ヿ･-ﾟ"
      "⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+",
      kMarkedPattern}},
    {" deepseek-llm ",
     {R"([\r\n])", kCasedLetters, R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)", R"(\s+$)", kHangulToCjk, R"(\p{N}+)"}},
    {" deepseek-coder ", {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kHangulToCjk, kDigit}},
    {" poro-chat bloom gpt3-finnish ", {kNotPunctuated}},
    {" viking ", {kNotPunctuated, kDigit}},
    {" chameleon ",
     {"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", R"(([\t\n]|    |  ))", kDigit,
      R"([\p{P}!-/:-@\[-`{-~])", kByteLevelPattern},
     kBos},
    {" superbpe ", {R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}},
    {" whitespace ", {R"(\S+)"}, kRaw},
    {" gemma4 granite-embed-multi-311m ", {kLines}, kRaw | kMarked | kBos},
    {" sarvam-moe ", {kLines}, kRaw | kMarked},
};

}  // namespace

Result<NamedPreTokenizer> pretokenizer_by_name(std::string_view name) {
  if (name.empty()) name = "default";
  const std::string wanted = fmt::format(" {} ", name);
  for (const Row& row : kRows) {
    if (name.find(' ') != name.npos || row.names.find(wanted) == row.names.npos) continue;
    NamedPreTokenizer out;
    out.ignore_merges = row.traits & kWhole;
    out.nfc = row.traits & kNfc;
    out.add_bos = row.traits & kBos;
    out.add_sep = row.traits & kSep;
    out.raw = row.traits & kRaw;
    out.marked = row.traits & kMarked;
    for (const std::string_view pattern : row.patterns) {
      if (pattern.empty()) continue;
      WEFT_TRY(auto regex, Regex::compile(pattern));
      out.steps.add(SplitByRegex{std::move(regex), SplitBehavior::kIsolated, false});
    }
    if (!out.raw) out.steps.add(SplitByteLevel{false, {}});
    return out;
  }
  return error(Code::kUnimplemented, "tokenizer: unknown pre-tokenizer '{}'", name);
}

}  // namespace weft
