// Reads a pickle as data: an allow-list of opcodes and globals, nothing is imported or called.
#pragma once

#include <vector>

#include "plugins/formats/torch/cursor.hpp"

namespace weft::torch {

enum class Kind : uint8_t { kNone, kBool, kInteger, kFloat, kString, kTuple, kList, kDict, kFunction, kStorageType, kDtype, kStorage, kTensor };

/// A value. Others are named by their numbers, so that what a file shares or nests costs no copy and no recursion.
struct Value {
  Kind kind = Kind::kNone;
  uint32_t dtype = 0;              // of a storage type, dtype, storage, tensor; 0: bytes of no type
  int64_t integer = 0;             // a bool, an integer; which function; elements of a storage; a tensor's first element
  std::string_view text;           // a string; a global's name; a storage's key
  std::vector<uint32_t> items;     // of a tuple or list; of a dict: key, value, ...
  std::vector<int64_t> dims;       // of a tensor, which has its storage as items[0]
  bool strided = false;            // a tensor whose rows do not lie one after another
};

struct Pickle {
  std::vector<Value> values;
  uint32_t root = 0;
};

/// What the next pickle holds. Strings are views of the file.
Pickle read_pickle(Cursor& c);

const char* name_of(Kind kind);

}  // namespace weft::torch
