#include "apps/weft/check/exported_symbols.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "apps/weft/whole_file.hpp"
#include "core/base/checked.hpp"
#include "core/base/error.hpp"

namespace weft::app {
namespace {

/// The i-th struct of a table that begins at `offset`; false: it is not inside of the file.
template <class T>
bool read(const std::string& file, uint64_t offset, uint64_t i, T& out) {
  if (i > file.size() / sizeof(T) || !extent_inside(offset, (i + 1) * sizeof(T), file.size())) return false;
  std::memcpy(&out, file.data() + offset + i * sizeof(T), sizeof(T));
  return true;
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(const std::string& library_path) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 30;
  WEFT_TRY(const std::string file, read_whole_file(library_path, kMostBytes));
  const auto broken = [&] { return error(Code::kDataLoss, "{}: its tables do not fit the file", library_path); };
  Elf64_Ehdr head{};
  constexpr unsigned char kOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (!read(file, 0, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
      head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != kOrder)
    return error(Code::kUnimplemented, "{}: no 64-bit ELF file of this machine", library_path);
  if (head.e_shnum == 0 || head.e_shentsize != sizeof(Elf64_Shdr)) return broken();
  std::vector<std::string> names;
  for (uint32_t s = 0; s < head.e_shnum; ++s) {
    Elf64_Shdr section{}, texts{};
    if (!read(file, head.e_shoff, s, section)) return broken();
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= head.e_shnum || !read(file, head.e_shoff, section.sh_link, texts) ||
        !extent_inside(texts.sh_offset, texts.sh_size, file.size()))
      return broken();
    for (uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
      Elf64_Sym symbol{};
      if (!read(file, section.sh_offset, i, symbol) || symbol.st_name >= texts.sh_size) return broken();
      const unsigned char binding = ELF64_ST_BIND(symbol.st_info), seen = ELF64_ST_VISIBILITY(symbol.st_other);
      // Absolute symbols are the versions that a version script defines.
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || binding == STB_LOCAL ||
          (seen != STV_DEFAULT && seen != STV_PROTECTED))
        continue;
      const char* const name = file.data() + texts.sh_offset + symbol.st_name;
      names.emplace_back(name, strnlen(name, texts.sh_size - symbol.st_name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weft::app
