#include "apps/weft/check/own_memory.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "core/base/error.hpp"

namespace weft::app {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kFunction = R_X86_64_JUMP_SLOT, kPointer = R_X86_64_GLOB_DAT;
#elif defined(__aarch64__)
constexpr uint32_t kFunction = R_AARCH64_JUMP_SLOT, kPointer = R_AARCH64_GLOB_DAT;
#else
constexpr uint32_t kFunction = 0, kPointer = 0;
#endif

std::atomic<uint64_t> count{0}, first_failure{0};

/// Counts a call. Whether it may succeed.
bool allowed() {
  const uint64_t n = ++count, first = first_failure;
  return first == 0 || n < first;
}

// What stands in for the functions; what they give is freed as that of the functions is.
void* own_malloc(std::size_t bytes) { return allowed() ? std::malloc(bytes) : nullptr; }
void* own_calloc(std::size_t n, std::size_t bytes) { return allowed() ? std::calloc(n, bytes) : nullptr; }
void* own_realloc(void* p, std::size_t bytes) { return allowed() ? std::realloc(p, bytes) : nullptr; }
void* own_aligned(std::size_t align, std::size_t bytes) {
  return allowed() ? std::aligned_alloc(align, bytes) : nullptr;
}
int own_memalign(void** out, std::size_t align, std::size_t bytes) {
  return allowed() ? posix_memalign(out, align, bytes) : ENOMEM;
}
void* own_new(std::size_t bytes) { return allowed() ? ::operator new(bytes) : throw std::bad_alloc(); }
void* own_new_array(std::size_t bytes) { return allowed() ? ::operator new[](bytes) : throw std::bad_alloc(); }
void* own_new_aligned(std::size_t bytes, std::align_val_t align) {
  return allowed() ? ::operator new(bytes, align) : throw std::bad_alloc();
}
void* own_new_array_aligned(std::size_t bytes, std::align_val_t align) {
  return allowed() ? ::operator new[](bytes, align) : throw std::bad_alloc();
}
void* own_new_nothrow(std::size_t bytes, const std::nothrow_t& t) noexcept {
  return allowed() ? ::operator new(bytes, t) : nullptr;
}
void* own_new_array_nothrow(std::size_t bytes, const std::nothrow_t& t) noexcept {
  return allowed() ? ::operator new[](bytes, t) : nullptr;
}

struct StandIn {
  std::string_view symbol;
  void* function;
};

template <class F>
void* address(F* function) {
  return reinterpret_cast<void*>(function);
}

const StandIn kStandIns[] = {
    {"malloc", address(own_malloc)},
    {"calloc", address(own_calloc)},
    {"realloc", address(own_realloc)},
    {"aligned_alloc", address(own_aligned)},
    {"posix_memalign", address(own_memalign)},
    {"_Znwm", address(own_new)},
    {"_Znam", address(own_new_array)},
    {"_ZnwmSt11align_val_t", address(own_new_aligned)},
    {"_ZnamSt11align_val_t", address(own_new_array_aligned)},
    {"_ZnwmRKSt9nothrow_t", address(own_new_nothrow)},
    {"_ZnamRKSt9nothrow_t", address(own_new_array_nothrow)},
};

/// The dynamic section of a loaded library, whose addresses the loader has made absolute.
struct Dynamic {
  const ElfW(Sym)* symbols = nullptr;
  const char* texts = nullptr;
  const ElfW(Rela) *plt = nullptr, *others = nullptr;
  std::size_t n_plt = 0, n_others = 0;

  explicit Dynamic(const ElfW(Dyn)* d) {
    for (; d->d_tag != DT_NULL; ++d) {
      const auto at = d->d_un.d_ptr;
      switch (d->d_tag) {
        case DT_SYMTAB: symbols = reinterpret_cast<const ElfW(Sym)*>(at); break;
        case DT_STRTAB: texts = reinterpret_cast<const char*>(at); break;
        case DT_JMPREL: plt = reinterpret_cast<const ElfW(Rela)*>(at); break;
        case DT_PLTRELSZ: n_plt = d->d_un.d_val / sizeof(ElfW(Rela)); break;
        case DT_RELA: others = reinterpret_cast<const ElfW(Rela)*>(at); break;
        case DT_RELASZ: n_others = d->d_un.d_val / sizeof(ElfW(Rela)); break;
        default: break;
      }
    }
  }
};

bool set_slot(char* slot, void* function) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  char* const begin = slot - reinterpret_cast<std::uintptr_t>(slot) % page;
  if (mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) return false;
  std::memcpy(slot, &function, sizeof function);
  return true;
}

}  // namespace

Status OwnMemory::take(const void* inside) {
  Dl_info info{};
  link_map* map = nullptr;
  if (kFunction == 0 || dladdr1(inside, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 || map == nullptr)
    return error(Code::kUnimplemented, "how this machine's libraries import functions is not known");
  const Dynamic dynamic(map->l_ld);
  std::size_t taken = 0;
  for (const auto& [list, n] : {std::pair(dynamic.plt, dynamic.n_plt), std::pair(dynamic.others, dynamic.n_others)}) {
    for (std::size_t i = 0; list != nullptr && i < n; ++i) {
      const auto type = ELF64_R_TYPE(list[i].r_info);
      if (type != kFunction && type != kPointer) continue;
      const std::string_view name = dynamic.texts + dynamic.symbols[ELF64_R_SYM(list[i].r_info)].st_name;
      for (const StandIn& s : kStandIns) {
        if (s.symbol == name && set_slot(reinterpret_cast<char*>(map->l_addr + list[i].r_offset), s.function)) ++taken;
      }
    }
  }
  return taken > 0 ? Status() : error(Code::kUnimplemented, "the library imports no function that allocates");
}

void OwnMemory::count_from_zero() { count = 0; }
uint64_t OwnMemory::calls() { return count; }
void OwnMemory::fail_at(uint64_t n) { first_failure = n == 0 ? 0 : count + n; }

std::vector<uint64_t> OwnMemory::tried(uint64_t calls) {
  constexpr uint64_t kMost = 64;  // more: larger plugins take seconds
  std::vector<uint64_t> all;
  const uint64_t tries = std::min(calls, kMost);
  for (uint64_t i = 0; i < tries; ++i) all.push_back(1 + i * calls / tries);
  return all;
}

}  // namespace weft::app
