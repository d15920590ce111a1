"""What C headers of weft declare, as far as a binary that was built with them depends on it.

Reads the C that these headers are written in, and refuses what it does not know. Sizes are those of LP64 (64-bit longs
and pointers). Python's standard library alone."""
import dataclasses
import pathlib
import re

SIZES = {"char": 1, "uint8_t": 1, "int32_t": 4, "uint32_t": 4, "float": 4, "int64_t": 8, "uint64_t": 8, "double": 8}
POINTER = 8
# Words of a declaration that belong to its type; any other word in it is a name.
TYPE_WORDS = {"const", "struct", "void", *SIZES}


@dataclasses.dataclass
class Field:
    name: str
    type: str
    offset: int


@dataclasses.dataclass
class Struct:
    name: str
    size: int
    grows: bool  # it opens with weft_hdr, and its comment does not say "Never grows."
    fields: list


@dataclasses.dataclass
class Declarations:
    macros: dict = dataclasses.field(default_factory=dict)  # those that stand for a value: name -> text
    constants: dict = dataclasses.field(default_factory=dict)  # of enums: name -> number
    types: dict = dataclasses.field(default_factory=dict)  # other names of types: name -> type
    opaque: list = dataclasses.field(default_factory=list)
    structs: list = dataclasses.field(default_factory=list)
    functions: dict = dataclasses.field(default_factory=dict)  # name -> type


def is_type_word(word):
    return word in TYPE_WORDS or word.startswith("weft_")


def type_of(declaration):
    """The type alone: `void* (*alloc)(void* ctx, uint64_t n)` is `void* (*)(void*, uint64_t)`."""
    words = re.sub(r"[A-Za-z_]\w*", lambda m: m[0] if is_type_word(m[0]) else "", declaration)
    words = re.sub(r"\s+", " ", words)
    words = re.sub(r" ?([*(),\[\]]) ?", r"\1", words)  # no spaces around punctuation,
    return re.sub(r",", ", ", re.sub(r"([\w*])\(\*", r"\1 (*", words)).strip()  # then those that readers expect


def fields_of(body):
    """(name, type) of each field of a struct's body."""
    for declaration in filter(None, (d.strip() for d in body.split(";"))):
        if "(" in declaration:  # a pointer to a function
            yield re.search(r"\(\*\s*(\w+)\)", declaration)[1], type_of(declaration)
            continue
        base, names = re.fullmatch(r"((?:const |struct )*\w+)(.*)", declaration, re.S).groups()
        for name in names.split(","):
            yield re.search(r"[A-Za-z_]\w*(?=\s*(\[|$))", re.sub(r"\bconst\b", "", name))[0], type_of(base + name)


class Reader:
    def __init__(self):
        self.layout = {name: (size, size) for name, size in SIZES.items()}  # type -> size, alignment
        self.aliases = {}

    def size_of(self, type_name, where):
        """(size, alignment)"""
        array = re.fullmatch(r"(.*?)\[(\d+)\]", type_name)
        if array:
            size, align = self.size_of(array[1], where)
            return size * int(array[2]), align
        type_name = self.aliases.get(type_name, type_name)
        if "*" in type_name:
            return POINTER, POINTER
        if type_name not in self.layout:
            raise SystemExit(f"{where}: tests/abi/c_headers.py does not know the size of its type \"{type_name}\"")
        return self.layout[type_name]

    def struct(self, found, name, body, never, where):
        fields, end, most = [], 0, 1
        for field, type_name in fields_of(body):
            size, align = self.size_of(type_name, f"{where}: {name}.{field}")
            offset = -(-end // align) * align
            fields.append(Field(field, type_name, offset))
            end, most = offset + size, max(most, align)
        size = -(-end // most) * most
        self.layout[name] = size, most
        found.structs.append(Struct(name, size, fields[0].type == "weft_hdr" and not never, fields))

    def read(self, path, found):
        """Adds what the header declares to `found`; what it includes has been read."""
        text = path.read_text()
        # Which structs' comments say that they never grow, before comments go: the comment stands right above, or
        # above the typedefs and enums of the same paragraph.
        never = set()
        for paragraph in re.split(r"\n\s*\n", text):
            if "Never grows." in paragraph.replace("\n *", ""):
                never.update(re.findall(r"typedef struct (\w+) \{", paragraph))
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        text = text.replace("\\\n", " ")
        text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
        for name, value in re.findall(r"^#define (\w+) (\S.*)$", text, re.M):
            found.macros[name] = re.sub(r"\s+", " ", value.strip())
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        text = re.sub(r"static inline [^{]*\{.*?\n\}", "", text, flags=re.S)

        def enum(m):
            for name, number in re.findall(r"(\w+)\s*=\s*(\w+)", m[1]):
                found.constants[name] = int(number, 0)
            if m[1].count("=") != len(list(filter(str.strip, m[1].split(",")))):
                raise SystemExit(f"{path}: an enum whose values are not all written down: {m[1].strip()}")
            return ""

        text = re.sub(r"enum \{(.*?)\};", enum, text, flags=re.S)
        # In the order of the file, since structs have structs as fields.
        declaration = re.compile(
            r"\s*(?:typedef struct (?P<opaque>\w+) (?P=opaque);"
            r"|typedef struct (?P<struct>\w+) \{(?P<body>[^{}]*)\} (?P=struct);"
            r"|typedef (?P<pointed>[^;(]*\(\*(?P<pointer>\w+)\)[^;]*);"
            r"|typedef (?P<type>\w+) (?P<alias>\w+);"
            r"|WEFT_API (?P<result>[^;(]*?)(?P<function>\w+)\((?P<arguments>[^;]*)\);)", re.S)
        at = 0
        while text[at:].strip():
            m = declaration.match(text, at)
            if not m:
                raise SystemExit(f"{path}: tests/abi/c_headers.py does not read: {text[at:].strip()[:120]}")
            if m["opaque"]:
                found.opaque.append(m["opaque"])
            elif m["struct"]:
                self.struct(found, m["struct"], m["body"], m["struct"] in never, path)
            elif m["pointer"]:
                self.aliases[m["pointer"]] = found.types[m["pointer"]] = type_of(m["pointed"].replace(m["pointer"], ""))
            elif m["alias"]:
                self.aliases[m["alias"]] = found.types[m["alias"]] = m["type"]
            else:
                found.functions[m["function"]] = type_of(m["result"]) + "(" + type_of(m["arguments"]) + ")"
            at = m.end()


def read(folders, names):
    """What the headers `names` of these folders declare, without the headers that they include besides."""
    reader, found, done = Reader(), Declarations(), set()

    def visit(name):
        if name in done:
            return
        done.add(name)
        path = next(p for p in (pathlib.Path(f) / name for f in folders) if p.exists())
        for included in re.findall(r'#include "(.*?)"', path.read_text()):
            visit(included)
        reader.read(path, found if name in names else Declarations())

    for name in names:
        visit(name)
    return found
