"""Texts in many scripts and states: what a tokenizer meets, and what it should not."""

import random

FRAGMENTS = [
    "the ",
    "The harbour town",
    " wakes",
    "isn't",
    "WE'LL",
    "don't",
    "I'm",
    "'tis",
    " a",
    "x86_64",
    "def f(x):\n    return x + 1\n",
    "for (int i = 0; i < n; ++i) {\n\tsum += a[i];\n}\n",
    "https://example.org/?q=%20",
    '<div class="x">&amp;</div>',
    "3.14159",
    "1,234,567",
    "2031",
    "½",
    "Ⅻ",
    "²",
    "٣٤٥",
    "५६",
    "Größe",
    "naïve café",
    "résumé",
    "Ångström",
    "Straße",
    "ΣΊΣΥΦΟΣ ς",
    "Ελληνικά",
    "Привет, мир",
    "Ёлка й",
    "עברית קלה",
    "שָׁלוֹם",
    "اللُّغَة العربية",
    "हिन्दी भाषा।",
    "தமிழ்",
    "ภาษาไทย",
    "ລາວ",
    "မြန်မာ",
    "ខ្មែរ",
    "བོད་ཡིག",
    "ქართული",
    "Հայերեն",
    "አማርኛ",
    "今日は良い天気です。",
    "ひらがな",
    "カタカナ",
    "ｶﾀｶﾅ",
    "中文分词，很有趣。",
    "繁體字",
    "한국어 문장",
    "한국",
    "Tiếng Việt",
    "İstanbul ıI",
    "ǅ",
    "ﬁ ﬂ",
    "ſ",
    "ẞß",
    "𝔘𝔫𝔦",
    "𐍈",
    "𒀀",
    "e\u0301",
    "a\u0308\u0323",
    "n\u0303o",
    "\u1e9b\u0323",
    "\u0344",
    "\u0958",
    "\u1100\u1161\u11a8",
    "\u212b",
    "\u2126",
    "\u0301",
    "\u0345",
    "🙂",
    "👍🏽",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈",
    "🇩🇪🇫🇷",
    "1️⃣",
    "☕️",
    "\u200d",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u2060",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u00a0",
    "\u2003",
    "\u3000",
    "\u2028",
    "\u0085",
    "\x0b",
    "\x0c",
    "\u1680",
    "\u180e",
    "\x00",
    "\x01",
    "\x1f",
    "\x7f",
    "\x80",
    "\x9f",
    "\ufffd",
    "\uffff",
    "\U0010ffff",
    "\ue000",
    "\ufdd0",
    "!",
    "...",
    "?!",
    "()",
    "[]",
    "{}",
    "#",
    "@",
    "$",
    "€",
    "%",
    "&",
    "*",
    "_",
    "-",
    "—",
    "…",
    "«»",
    "“”",
    "、",
    "。",
    "،",
    "।",
    "▁",
    " ▁",
    "▁▁",
    "<0x41>",
    "<0x0A>",
    "Ġ",
    "Ċ",
    "##ing",
    "</w>",
    "<s>",
    "</s>",
    "<unk>",
    "[MASK]",
    "<mask>",
    "<|im_start|>",
    "<|im_end|>",
    "<|im_",
    "user",
    "two words",
    "crème",
    "[CLS]",
    "a" * 40,
    "ab" * 20,
    "-" * 30,
    "é" * 20,
    "中" * 25,
    "9" * 30,
    "=" * 17,
    "\u0301" * 5,
]


def texts(count, seed):
    """Fixed ones first, then mixtures of fragments and of code points."""
    r = random.Random(seed)
    out = ["", " ", "a"] + FRAGMENTS
    while len(out) < count:
        kind = r.random()
        if kind < 0.8:
            glue = r.choice(["", "", " ", "\n"])
            out.append(glue.join(r.choice(FRAGMENTS) for _ in range(r.randint(2, 14))))
        else:
            top = r.choice([0x80, 0x250, 0x600, 0x3000, 0xD800, 0x11000, 0x20000])
            codes = (r.randrange(1, top) for _ in range(r.randint(1, 40)))
            out.append("".join(chr(c) for c in codes if not 0xD800 <= c < 0xE000 and assigned(c)))
    return out[: max(count, len(FRAGMENTS) + 3)]


def assigned(code):
    """Not of those that Unicode took up lately: libraries of different ages class them differently."""
    import unicodedata

    return unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"


def long_lines(seed):
    r = random.Random(seed)
    size = 1_000_000
    mixed, length = [], 0
    while length < size:
        mixed.append(r.choice(FRAGMENTS))
        length += len(mixed[-1])
    words = " ".join(r.choice(["the", "boats", "and", "market", "x1", "naïve", "мир"]) for _ in range(size // 5))
    return [
        "a" * size,
        " " * size,
        "ab" * (size // 2),
        "中" * (size // 3),
        words,
        "".join(mixed).replace("\n", " "),
        "".join(mixed).replace(" ", "").replace("\n", ""),
    ]


TRAINING = [
    "The quick brown fox jumps over the lazy dog. It's what they'd say, isn't it? We'll see; I'm sure you've seen worse.",
    "def add(a, b):\n    return a + b\n\nfor i in range(100):\n\tprint(i, '==', i ** 2)\n",
    "Größe, Straße, naïve café, résumé; Ελληνικά γράμματα; Привет, мир! Добрый день. Tiếng Việt.",
    "你好，世界。今天天气很好。こんにちは世界。안녕하세요 세계. مرحبا بالعالم. नमस्ते दुनिया ภาษาไทย",
    "In 1999 and 2024, 3.14159 was 1,000,000 times better than 42.   Spaces    here. the town and the boats",
    "the cat and the hat and the rat sat on the mat with the bat; a harbour town wakes and the market opens",
]
