// Reads a pickle as data: opcodes and globals are those of a list, and nothing is imported or called.
#pragma once

#include <vector>

#include "plugins/formats/torch/cursor.hpp"

namespace weft::torch {

enum class Kind : uint8_t {
  kNone, kBool, kInteger, kFloat, kString, kTuple, kList, kDict, kFunction, kStorageType, kDtype, kStorage, kTensor
};

/// A value of a pickle. It refers to others by their numbers, so that sharing and nesting in a file cost no copy and no
/// recursion.
struct Value {
  Kind kind = Kind::kNone;
  uint32_t dtype = 0;  // of a storage type, dtype, storage or tensor; 0: bytes of no type
  // A bool's or an integer's value, a function's number, a storage's elements, or a tensor's first element.
  int64_t integer = 0;
  std::string_view text;  // a string, a global's name, or a storage's key
  // Of a tuple or list; of a dict: key, value, key, value, ...; of a tensor: its storage.
  std::vector<uint32_t> items;
  std::vector<int64_t> dims;  // of a tensor
  bool strided = false;       // whether the rows of a tensor do not lie one after another
};

struct Pickle {
  std::vector<Value> values;
  uint32_t root = 0;
};

/// Reads the next pickle. Its texts are views of the file.
Pickle read_pickle(Cursor& c);

const char* name_of(Kind kind);

}  // namespace weft::torch
