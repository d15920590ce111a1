// How the tensors of each kind of WEFT_X_DEQUANT are laid out.
#include <array>
#include <cstring>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/weights/quantised.hpp"

namespace weft {
namespace {

// The most rows or columns; larger: products with a few bytes would not fit 64 bits.
constexpr uint64_t kMost = uint64_t{1} << 40;

uint64_t up(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }

bool is_float(uint32_t dtype) { return dtype >= WEFT_F32 && dtype <= WEFT_F64; }

/// The tensors and arguments of a weight, and the checks that make() needs.
struct Parts {
  const Checkpoint& checkpoint;
  const weft_xnode& node;
  const std::vector<uint32_t>& tensors;
  uint64_t rows, cols;

  const StoredTensor& tensor(std::size_t i) const { return checkpoint.tensors()[tensors[i]]; }
  uint64_t arg(std::size_t i) const { return static_cast<uint64_t>(node.arg[i]); }
  Status wrong(std::size_t i, std::string_view expected) const {
    const StoredTensor& t = tensor(i);
    return invalid("plan: tensor {} is {} [{}], expected {} for a weight [{},{}]", t.name,
                   to_view(checkpoint.dtypes().find(t.dtype)->name), fmt::join(t.dims, ","), expected, rows, cols);
  }
  Status count(std::size_t least, std::size_t most) const {
    const std::size_t n = tensors.size();
    return n >= least && n <= most ? Status()
                                   : invalid("plan: a weight quantised as {} of {} tensors, expected {} to {}",
                                             node.arg[0], n, least, most);
  }
  /// Checks that argument i is in [1, most].
  Status size(std::size_t i, uint64_t most) const {
    return node.arg[i] >= 1 && arg(i) <= most
               ? Status()
               : invalid("plan: a weight quantised as {}: argument {} is {}, expected 1 to {}", node.arg[0], i,
                         node.arg[i], most);
  }
  Status is(std::size_t i, uint32_t dtype, std::vector<int64_t> dims) const {
    const StoredTensor& t = tensor(i);
    if (t.dtype == dtype && t.dims == dims) return {};
    return wrong(i, fmt::format("{} [{}]", to_view(checkpoint.dtypes().find(dtype)->name), fmt::join(dims, ",")));
  }
  /// Checks that tensor i has n values, in any shape.
  Status holds(std::size_t i, uint32_t dtype, uint64_t n) const {
    const StoredTensor& t = tensor(i);
    if ((dtype == WEFT_NONE ? is_float(t.dtype) : t.dtype == dtype) && *checked_elements(t.dims) == n) return {};
    return wrong(i, fmt::format("{} {} values", n,
                                dtype == WEFT_NONE ? std::string_view("float")
                                                   : to_view(checkpoint.dtypes().find(dtype)->name)));
  }
  Result<std::vector<int32_t>> groups(std::size_t i, uint64_t groups) const {
    WEFT_CHECK_OK(is(i, WEFT_I32, {static_cast<int64_t>(cols)}));
    std::vector<int32_t> of(cols);
    WEFT_TRY(const weft_slab slab, checkpoint.slab(tensor(i), 0, tensor(i).rows()));
    if (cols > 0) std::memcpy(of.data(), slab.plane[0], cols * 4);
    for (int32_t g : of) {
      if (g < 0 || static_cast<uint64_t>(g) >= groups)
        return invalid("plan: tensor {} has a column in group {} of {}", tensor(i).name, g, groups);
    }
    return of;
  }
};

/// Values of `bits` bits each, packed into words of 32 bits; a word begins `pitch` bytes after the one before.
struct Bits {
  const uint8_t* words;
  uint64_t pitch;
  uint32_t bits;

  uint32_t at(uint64_t i) const {
    const uint64_t from = i * bits, shift = from % 32;
    const uint8_t* word = words + from / 32 * pitch;
    uint64_t both = 0;
    std::memcpy(&both, word, 4);
    if (shift + bits > 32) std::memcpy(reinterpret_cast<uint8_t*>(&both) + 4, word + pitch, 4);
    return static_cast<uint32_t>(both >> shift) & ((1u << bits) - 1);
  }
  void all(uint64_t n, uint8_t* out) const {
    if (32 % bits != 0) {
      for (uint64_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(at(i));
      return;
    }
    const uint32_t mask = (1u << bits) - 1, per = 32 / bits;
    for (uint64_t i = 0; i < n; i += per) {
      uint32_t word;
      std::memcpy(&word, words + i / per * pitch, 4);
      for (uint32_t j = 0; j < per && i + j < n; ++j) out[i + j] = static_cast<uint8_t>(word >> (j * bits) & mask);
    }
  }
};

class Scaled final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.count(2, 2));
    const uint32_t dtype = p.tensor(0).dtype;
    if (dtype != WEFT_I8 && dtype != WEFT_F8_E4M3 && dtype != WEFT_F8_E5M2) return p.wrong(0, "i8 or an 8-bit float");
    WEFT_CHECK_OK(p.is(0, dtype, {static_cast<int64_t>(p.rows), static_cast<int64_t>(p.cols)}));
    WEFT_CHECK_OK(p.size(3, kMost));
    WEFT_CHECK_OK(p.size(4, kMost));
    WEFT_CHECK_OK(p.holds(1, WEFT_NONE, up(p.rows, p.arg(3)) * up(p.cols, p.arg(4))));
    return std::shared_ptr<const QuantisedTensor>(new Scaled(p, dtype));
  }

 private:
  Scaled(const Parts& p, uint32_t dtype)
      : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols),
        flip_(dtype == WEFT_I8 ? 0x80 : 0),
        down_(p.arg(3)),
        factor_(p.node.scalar) {
    groups_ = up(cols_, p.arg(4));
    settle(dtype == WEFT_I8        ? CodeKind::kInt8
           : dtype == WEFT_F8_E4M3 ? CodeKind::kF8E4M3
                                   : CodeKind::kF8E5M2,
           p.arg(4));
  }
  void codes(uint64_t row, uint8_t* out) const override {
    const uint8_t* from = data(0) + row * cols_;
    for (uint64_t k = 0; k < cols_; ++k) out[k] = from[k] ^ flip_;
  }
  void scales(uint64_t row, float* scale, uint8_t* zero) const override {
    floats(1, row / down_ * groups_, 1, groups_, scale);
    for (uint64_t g = 0; g < groups_; ++g) scale[g] = static_cast<float>(scale[g] * factor_), zero[g] = flip_;
  }

  uint8_t flip_;
  uint64_t down_;
  double factor_;
};

class Mxfp4 final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.count(2, 2));
    if (p.cols % 32 != 0) return p.wrong(0, "blocks of 32");
    WEFT_CHECK_OK(p.holds(0, WEFT_U8, p.rows * (p.cols / 2)));
    WEFT_CHECK_OK(p.holds(1, WEFT_U8, p.rows * (p.cols / 32)));
    return std::shared_ptr<const QuantisedTensor>(new Mxfp4(p));
  }

 private:
  explicit Mxfp4(const Parts& p) : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols) {
    static const std::array<float, 256> values = [] {
      constexpr float kValues[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
      std::array<float, 256> all{};
      for (std::size_t i = 0; i < 256; ++i) all[i] = kValues[i & 15];
      return all;
    }();
    groups_ = cols_ / 32, meaning_ = values.data();
    settle(CodeKind::kFp4, 32);
    dtype_ = cols_ > 0 ? checkpoint_.dtypes().find("mxfp4") : 0;
  }
  void codes(uint64_t row, uint8_t* out) const override {
    const uint8_t* from = data(0) + row * (cols_ / 2);
    for (uint64_t i = 0; i < cols_ / 2; ++i) out[2 * i] = from[i] & 15, out[2 * i + 1] = from[i] >> 4;
  }
  void scales(uint64_t row, float* scale, uint8_t*) const override {
    const uint8_t* e = data(1) + row * groups_;
    for (uint64_t g = 0; g < groups_; ++g) scale[g] = e[g] == 255 ? NAN : std::ldexp(1.0f, e[g] - 127);
  }
  void put_blocks(uint64_t row, uint64_t n, uint8_t* out, uint64_t pitch) const override {
    for (uint64_t r = row; r < row + n; ++r, out += pitch) {
      const uint8_t *from = data(0) + r * (cols_ / 2), *e = data(1) + r * groups_;
      for (uint64_t g = 0; g < groups_; ++g, from += 16) {
        uint8_t* to = out + g * 17;
        *to++ = e[g];
        for (int j = 0; j < 16; j += 2) {  // values j, j + 1 and j + 16, j + 17
          const uint8_t low = from[j / 2], high = from[j / 2 + 8];
          to[j] = static_cast<uint8_t>((low & 15) | high << 4),
          to[j + 1] = static_cast<uint8_t>(low >> 4 | (high & 0xf0));
        }
      }
    }
  }
};

class Gptq final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.count(3, 4));
    WEFT_CHECK_OK(p.size(3, 8));
    WEFT_CHECK_OK(p.size(4, kMost));
    const auto N = static_cast<int64_t>(p.rows), G = static_cast<int64_t>(up(p.cols, p.arg(4))), b = p.node.arg[3];
    if (p.cols * p.arg(3) % 32 != 0 || p.rows * p.arg(3) % 32 != 0) return p.wrong(0, "whole words");
    WEFT_CHECK_OK(p.is(0, WEFT_I32, {static_cast<int64_t>(p.cols) * b / 32, N}));
    WEFT_CHECK_OK(p.is(1, WEFT_I32, {G, N * b / 32}));
    if (!is_float(p.tensor(2).dtype) || p.tensor(2).dims != std::vector<int64_t>{G, N})
      return p.wrong(2, fmt::format("floats [{},{}]", G, N));
    std::vector<int32_t> group_of;
    if (p.tensors.size() > 3) {
      WEFT_TRY(group_of, p.groups(3, static_cast<uint64_t>(G)));
    }
    return std::shared_ptr<const QuantisedTensor>(new Gptq(p, std::move(group_of)));
  }

 private:
  Gptq(const Parts& p, std::vector<int32_t> group_of)
      : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols),
        bits_(static_cast<uint32_t>(p.arg(3))),
        add_(static_cast<uint32_t>(p.arg(5))) {
    groups_ = up(cols_, p.arg(4)), rows_apart_ = false, group_of_ = std::move(group_of);
    settle(bits_ <= 4 ? CodeKind::kInt4 : CodeKind::kInt8, p.arg(4));
  }
  void codes(uint64_t row, uint8_t* out) const override { Bits{data(0) + 4 * row, 4 * rows_, bits_}.all(cols_, out); }
  void scales(uint64_t row, float* scale, uint8_t* zero) const override {
    floats(2, row, rows_, groups_, scale);
    const uint64_t pitch = rows_ * bits_ / 32 * 4;
    const uint32_t mask = (1u << bits_) - 1;
    for (uint64_t g = 0; g < groups_; ++g)
      zero[g] = static_cast<uint8_t>((Bits{data(1) + g * pitch, 4, bits_}.at(row) + add_) & mask);
  }

  uint32_t bits_, add_;
};

class Awq final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.count(3, 3));
    WEFT_CHECK_OK(p.size(3, kMost));
    const auto N = static_cast<int64_t>(p.rows), G = static_cast<int64_t>(up(p.cols, p.arg(3)));
    if (N % 8 != 0) return p.wrong(0, "whole words");
    WEFT_CHECK_OK(p.is(0, WEFT_I32, {static_cast<int64_t>(p.cols), N / 8}));
    WEFT_CHECK_OK(p.is(1, WEFT_I32, {G, N / 8}));
    if (!is_float(p.tensor(2).dtype) || p.tensor(2).dims != std::vector<int64_t>{G, N})
      return p.wrong(2, fmt::format("floats [{},{}]", G, N));
    return std::shared_ptr<const QuantisedTensor>(new Awq(p));
  }

 private:
  explicit Awq(const Parts& p) : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols) {
    groups_ = up(cols_, p.arg(3)), rows_apart_ = false;
    settle(CodeKind::kInt4, p.arg(3));
  }
  /// The four bits of `row` in each of n words, one for each column.
  void column(const uint8_t* words, uint64_t row, uint64_t n, uint8_t* out) const {
    static constexpr uint32_t kShift[8] = {0, 16, 4, 20, 8, 24, 12, 28};  // by row within a word
    const uint32_t shift = kShift[row % 8];
    words += row / 8 * 4;
    for (uint64_t i = 0; i < n; ++i, words += rows_ / 2) {
      uint32_t word;
      std::memcpy(&word, words, 4);
      out[i] = static_cast<uint8_t>(word >> shift & 15);
    }
  }
  void codes(uint64_t row, uint8_t* out) const override { column(data(0), row, cols_, out); }
  void scales(uint64_t row, float* scale, uint8_t* zero) const override {
    floats(2, row, rows_, groups_, scale);
    column(data(1), row, groups_, zero);
  }
};

class Bnb4 final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.count(3, 5));
    WEFT_CHECK_OK(p.size(3, kMost));
    const uint64_t n = p.rows * p.cols, blocks = up(n, p.arg(3));
    WEFT_CHECK_OK(p.holds(0, WEFT_U8, n / 2 + n % 2));
    WEFT_CHECK_OK(p.holds(1, WEFT_F32, 16));
    WEFT_CHECK_OK(p.checkpoint.slab(p.tensor(1), 0, p.tensor(1).rows()).status());  // read by the constructor
    const bool nested = p.tensors.size() > 3;
    WEFT_CHECK_OK(p.holds(2, nested ? WEFT_U8 : WEFT_F32, blocks));
    if (nested) {
      WEFT_CHECK_OK(p.count(5, 5));
    WEFT_CHECK_OK(p.size(4, kMost));
      WEFT_CHECK_OK(p.holds(3, WEFT_F32, 256));
    WEFT_CHECK_OK(p.holds(4, WEFT_F32, up(blocks, p.arg(4))));
    }
    return std::shared_ptr<const QuantisedTensor>(new Bnb4(p));
  }

 private:
  explicit Bnb4(const Parts& p)
      : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols),
        block_(p.arg(3)),
        outer_(p.tensors.size() > 3 ? p.arg(4) : 0),
        offset_(static_cast<float>(p.node.scalar)) {
    const bool whole = cols_ % block_ == 0;  // whether no block spans rows
    groups_ = whole ? cols_ / block_ : cols_;
    floats(1, 0, 1, 16, table_.data());
    for (std::size_t i = 16; i < 256; ++i) table_[i] = table_[i & 15];
    meaning_ = table_.data();
    CodeKind code = CodeKind::kNf4;
    for (CodeKind known : {CodeKind::kNf4, CodeKind::kFp4}) {
      const float* values = code_values(known);
      bool same = true;
      for (std::size_t i = 0; i < 16; ++i) same = same && values[i] == table_[i];
      if (same) meaning_ = values, code = known;
    }
    settle(code, whole ? block_ : 1);
  }
  void codes(uint64_t row, uint8_t* out) const override {
    const uint8_t* from = data(0);
    for (uint64_t k = 0, i = row * cols_; k < cols_; ++k, ++i)
      out[k] = i % 2 == 0 ? from[i / 2] >> 4 : from[i / 2] & 15;
  }
  void scales(uint64_t row, float* scale, uint8_t*) const override {
    for (uint64_t g = 0; g < groups_; ++g) {
      const uint64_t i = (row * cols_ + (groups_ == cols_ ? g : g * block_)) / block_;
      if (outer_ == 0) {
        floats(2, i, 1, 1, scale + g);
        continue;
      }
      float value, times;
      floats(3, data(2)[i], 1, 1, &value);
      floats(4, i / outer_, 1, 1, &times);
      scale[g] = value * times + offset_;
    }
  }

  uint64_t block_, outer_;
  float offset_;
  std::array<float, 256> table_;
};

class Packed final : public QuantisedTensor {
 public:
  static Result<std::shared_ptr<const QuantisedTensor>> make(const Parts& p) {
    WEFT_CHECK_OK(p.size(3, 8));
    WEFT_CHECK_OK(p.size(4, kMost));
    const bool zeros = p.node.arg[5] & 1, order = p.node.arg[5] & 2;
    const std::size_t n = std::size_t{2} + zeros + order;
    WEFT_CHECK_OK(p.count(n, n));
    const auto N = static_cast<int64_t>(p.rows), G = static_cast<int64_t>(up(p.cols, p.arg(4))), b = p.node.arg[3];
    if (32 % b != 0) return p.wrong(0, "whole values in a word");
    WEFT_CHECK_OK(p.is(0, WEFT_I32, {N, static_cast<int64_t>(up(p.cols * p.arg(3), 32))}));
    WEFT_CHECK_OK(p.holds(1, WEFT_NONE, static_cast<uint64_t>(N * G)));
    if (zeros) WEFT_CHECK_OK(p.is(2, WEFT_I32, {static_cast<int64_t>(up(p.rows * p.arg(3), 32)), G}));
    std::vector<int32_t> group_of;
    if (order) {
      WEFT_TRY(group_of, p.groups(n - 1, static_cast<uint64_t>(G)));
    }
    return std::shared_ptr<const QuantisedTensor>(new Packed(p, zeros, std::move(group_of)));
  }

 private:
  Packed(const Parts& p, bool zeros, std::vector<int32_t> group_of)
      : QuantisedTensor(p.checkpoint, p.tensors, p.rows, p.cols),
        bits_(static_cast<uint32_t>(p.arg(3))),
        zeros_(zeros) {
    groups_ = up(cols_, p.arg(4)), group_of_ = std::move(group_of);
    settle(bits_ <= 4 ? CodeKind::kInt4 : CodeKind::kInt8, p.arg(4));
  }
  void codes(uint64_t row, uint8_t* out) const override {
    Bits{data(0) + row * up(cols_ * bits_, 32) * 4, 4, bits_}.all(cols_, out);
  }
  void scales(uint64_t row, float* scale, uint8_t* zero) const override {
    floats(1, row * groups_, 1, groups_, scale);
    for (uint64_t g = 0; g < groups_; ++g) {
      zero[g] = static_cast<uint8_t>(zeros_ ? Bits{data(2) + 4 * g, 4 * groups_, bits_}.at(row) : 1u << (bits_ - 1));
    }
  }

  uint32_t bits_;
  bool zeros_;
};

}  // namespace

Result<std::shared_ptr<const QuantisedTensor>> QuantisedTensor::make(const Checkpoint& checkpoint,
                                                                     const weft_xnode& node,
                                                                     const std::vector<uint32_t>& tensors) {
  if (node.n_arg < 3 || node.arg[1] < 0 || node.arg[2] < 0 || static_cast<uint64_t>(node.arg[1]) > kMost ||
      static_cast<uint64_t>(node.arg[2]) > kMost || !checked_elements({node.arg + 1, 2})) {
    return invalid("plan: a quantised weight of no or absurd shape");
  }
  for (uint32_t s : tensors) {
    if (checkpoint.tensors()[s].dtype >= WEFT_DTYPE_FIRST_REGISTERED)
      return invalid("plan: tensor {} of a quantised weight has no plain dtype", checkpoint.tensors()[s].name);
  }
  const Parts parts{checkpoint, node, tensors, static_cast<uint64_t>(node.arg[1]), static_cast<uint64_t>(node.arg[2])};
  switch (node.arg[0]) {
    case WEFT_QUANT_SCALED: return Scaled::make(parts);
    case WEFT_QUANT_MXFP4: return Mxfp4::make(parts);
    case WEFT_QUANT_GPTQ: return Gptq::make(parts);
    case WEFT_QUANT_AWQ: return Awq::make(parts);
    case WEFT_QUANT_BNB4: return Bnb4::make(parts);
    case WEFT_QUANT_PACKED: return Packed::make(parts);
    default: return error(Code::kUnimplemented, "plan: a weight quantised as {}, which is not known", node.arg[0]);
  }
}

}  // namespace weft
