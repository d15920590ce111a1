#include "core/weights/param_reader.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/base/out_struct.hpp"
#include "core/base/status_abi.hpp"

namespace weft {

struct ParamsTable {
  using Entry = ParamReader::Entry;
  static const RowRun& run_at(const Entry& entry, uint64_t row) { return ParamReader::run_at(entry, row); }
  static ParamReader& self(void* ctx) { return *static_cast<ParamReader*>(ctx); }

  static weft_status* info(void* ctx, uint64_t i, weft_param* out) noexcept {
    return guard_abi([&]() -> Status {
      ParamReader& s = self(ctx);
      if (i >= s.params_.size()) return error(Code::kOutOfRange, "parameter {} of {}", i, s.params_.size());
      const ParamDecl& p = s.params_[i];
      const uint64_t weight = s.plan_.tied_to[i];
      return write_out(out, weft_param{{WEFT_END(weft_param, key), 0}, to_str(p.name), s.entries_[weight]->dtype,
                                      static_cast<uint32_t>(p.dims.size()), p.uses, 0, p.dims.data(), s.rows(i),
                                      s.cols(i), {1, weight}});
    });
  }
  static weft_status* map(void* ctx, uint64_t i, uint64_t row, uint64_t* rows, weft_slab* out) noexcept {
    return guard_abi([&]() -> Status {
      ParamReader& s = self(ctx);
      *rows = 0;
      if (i >= s.params_.size() || row >= s.rows(i)) return error(Code::kOutOfRange, "row {} of parameter {}", row, i);
      const auto& entry = *s.entries_[s.plan_.tied_to[i]];
      if (!entry.runs || !s.on_group(entry.dtype, row)) return {};
      const RowRun& run = run_at(entry, row);
      if (run.quantised != nullptr) return {};
      const uint64_t inside = row - run.row;
      *rows = run.count - inside;
      WEFT_TRY(*out, s.checkpoint_->slab(s.checkpoint_->tensors()[run.stored], run.stored_row + inside, *rows));
      return {};
    });
  }
  static weft_status* read(void* ctx, uint64_t i, uint32_t as, uint64_t row, uint64_t rows,
                           const weft_slab* dst) noexcept {
    return guard_abi([&] { return self(ctx).read(i, as, row, rows, *dst); });
  }
  static void done(void* ctx, uint64_t i, uint64_t row, uint64_t rows) noexcept {
    try {
      self(ctx).done(i, row, rows);
    } catch (...) {  // done is only a hint
    }
  }
  static weft_status* order(void* ctx, uint64_t i, uint64_t row, const int32_t** out) noexcept {
    return guard_abi([&]() -> Status {
      ParamReader& s = self(ctx);
      *out = nullptr;
      if (i >= s.params_.size() || row >= s.rows(i)) return error(Code::kOutOfRange, "row {} of parameter {}", row, i);
      const Entry& entry = *s.entries_[s.plan_.tied_to[i]];
      if (entry.matrix == 0) return {};
      const std::vector<int32_t>& order = run_at(entry, row).quantised->order();
      if (!order.empty()) *out = order.data();
      return {};
    });
  }
};

ParamReader::ParamReader(std::shared_ptr<const Checkpoint> checkpoint, Plan plan, std::vector<ParamDecl> params)
    : checkpoint_(std::move(checkpoint)), plan_(std::move(plan)), params_(std::move(params)) {
  for (std::size_t i = 0; i < params_.size(); ++i) {
    auto entry = std::make_unique<Entry>();
    if (plan_.tied_to[i] == i) {
      entry->runs = row_map(*plan_.values[i], *checkpoint_);
      if (entry->runs && !entry->runs->empty()) {
        const RowRun& first = entry->runs->front();
        entry->dtype = first.quantised ? first.quantised->dtype() : checkpoint_->tensors()[first.stored].dtype;
      }
    }
    entries_.push_back(std::move(entry));
    if (plan_.tied_to[i] == i) settle_order(i);
  }
  // Tied parameters have the uses of all of them.
  for (std::size_t i = 0; i < params_.size(); ++i) params_[plan_.tied_to[i]].uses |= params_[i].uses;
  for (std::size_t i = 0; i < params_.size(); ++i) params_[i].uses = params_[plan_.tied_to[i]].uses;
  table_ = {{WEFT_END(weft_params, order), 0},
            this,
            params_.size(),
            ParamsTable::info,
            ParamsTable::map,
            ParamsTable::read,
            ParamsTable::done,
            ParamsTable::order};
}

/// Decides whether weights whose columns are in another order stay as stored: every matrix must have one order for all
/// of its rows. Otherwise the parameter is read as floats.
void ParamReader::settle_order(uint64_t i) {
  Entry& entry = *entries_[i];
  if (!entry.runs) return;
  const std::vector<int64_t>& dims = params_[i].dims;
  const uint64_t matrix = dims.size() < 2 ? 1 : static_cast<uint64_t>(std::max<int64_t>(1, dims[dims.size() - 2]));
  const auto order = [](const RowRun& run) { return run.quantised ? run.quantised->order() : std::vector<int32_t>(); };
  const RowRun* before = nullptr;
  bool any = false, one = true;
  for (const RowRun& run : *entry.runs) {
    const bool begins = run.row % matrix == 0;
    const bool inside = run.row % matrix + run.count <= matrix;
    const bool moved = run.quantised != nullptr && !run.quantised->order().empty();
    any = any || moved;
    if (moved && !inside) one = false;
    if (!begins && before->quantised != run.quantised && order(*before) != order(run)) one = false;
    before = &run;
  }
  if (any && one) entry.matrix = matrix;
  if (any && !one) entry.runs.reset(), entry.dtype = WEFT_F32;
}

const RowRun& ParamReader::run_at(const Entry& entry, uint64_t row) {
  return *(std::upper_bound(entry.runs->begin(), entry.runs->end(), row,
                            [](uint64_t r, const RowRun& x) { return r < x.row; }) -
           1);
}

void ParamReader::done(uint64_t i, uint64_t row, uint64_t n) {
  if (i >= params_.size() || !extent_inside(row, n, rows(i))) return;
  Entry& entry = *entries_[plan_.tied_to[i]];
  const bool all = entry.done.fetch_add(n) + n >= rows(i);
  if (all) {
    std::lock_guard lock(entry.mutex);
    entry.done = 0;
    entry.evaluated.reset();
  }
  if (!entry.runs) return;
  const auto drop = [&](uint64_t stored, uint64_t begin, uint64_t end) {  // takes rows of the tensor
    const StoredTensor& t = checkpoint_->tensors()[stored];
    for (const auto& plane : t.planes) {
      const uint64_t pitch = t.rows() ? plane.bytes / t.rows() : 0;
      checkpoint_->files().mapped()[plane.file]->drop(plane.offset + begin * pitch, (end - begin) * pitch);
    }
  };
  // With the last rows all pages between the first and the last row are dropped: also those that rows out of order
  // share, and those that reading neighbouring rows has mapped again.
  std::map<uint64_t, std::pair<uint64_t, uint64_t>> whole;
  for (const RowRun& run : *entry.runs) {
    if (all && run.quantised == nullptr) {
      const auto [at, fresh] = whole.try_emplace(run.stored, run.stored_row, run.stored_row + run.count);
      if (!fresh)
        at->second = {std::min(at->second.first, run.stored_row),
                      std::max(at->second.second, run.stored_row + run.count)};
      continue;
    }
    const uint64_t begin = std::max(run.row, row), end = std::min(run.row + run.count, row + n);
    if (run.quantised != nullptr) {
      if (all) run.quantised->drop(0, run.quantised->rows());
      else if (begin < end) run.quantised->drop(run.stored_row + begin - run.row, end - begin);
      continue;
    }
    if (begin < end) drop(run.stored, run.stored_row + begin - run.row, run.stored_row + end - run.row);
  }
  for (const auto& [stored, extent] : whole) drop(stored, extent.first, extent.second);
}

uint64_t ParamReader::cols(uint64_t i) const {
  return params_[i].dims.empty() ? 1 : static_cast<uint64_t>(params_[i].dims.back());
}
std::vector<uint64_t> ParamReader::bytes() const {
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < entries_.size(); ++i) {
    const weft_dtype* dtype = checkpoint_->dtypes().find(entries_[i]->dtype);
    uint64_t sum = 0;
    for (uint32_t p = 0; dtype != nullptr && p < dtype->n_planes; ++p)
      sum = checked_add(sum, plane_bytes(*dtype, p, rows(i), cols(i)).value_or(0)).value_or(UINT64_MAX);
    all.push_back(sum);
  }
  return all;
}

uint64_t ParamReader::rows(uint64_t i) const {
  uint64_t n = 1;
  for (std::size_t d = 0; d + 1 < params_[i].dims.size(); ++d) n *= static_cast<uint64_t>(params_[i].dims[d]);
  return n;
}

Result<std::shared_ptr<const std::vector<float>>> ParamReader::evaluated(uint64_t i) {
  const uint32_t owner = plan_.tied_to[i];
  Entry& entry = *entries_[owner];
  std::lock_guard lock(entry.mutex);
  if (!entry.evaluated) {
    WEFT_TRY(auto values, evaluate(*plan_.values[owner], *checkpoint_));
    entry.evaluated = std::make_shared<const std::vector<float>>(std::move(values));
  }
  return entry.evaluated;
}

/// Whether a group of the dtype begins at this row; groups may have several rows.
bool ParamReader::on_group(uint32_t dtype, uint64_t row) const {
  const weft_dtype& d = *checkpoint_->dtypes().find(dtype);
  for (uint32_t p = 0; p < d.n_planes; ++p) {
    if (row % d.plane[p].rows != 0) return false;
  }
  return true;
}

Status ParamReader::decode_rows(uint64_t i, uint64_t row, uint64_t n, float* out) {
  const Entry& entry = *entries_[plan_.tied_to[i]];
  const uint64_t k = cols(i);
  if (!entry.runs || !on_group(entry.dtype, row) || !on_group(entry.dtype, row + n)) {
    WEFT_TRY(auto values, evaluated(i));
    std::memcpy(out, values->data() + row * k, n * k * sizeof(float));
    return {};
  }
  const weft_dtype& dtype = *checkpoint_->dtypes().find(entry.dtype);
  while (n > 0) {
    if (const RowRun& run = run_at(entry, row); run.quantised != nullptr) {
      const uint64_t piece = std::min(run.row + run.count - row, n);
      WEFT_CHECK_OK(run.quantised->values(run.stored_row + row - run.row, piece, out));
      row += piece, n -= piece, out += piece * k;
      continue;
    }
    uint64_t piece = 0;
    weft_slab slab{};
    WEFT_CHECK_OK(from_abi(ParamsTable::map(this, i, row, &piece, &slab)));
    piece = std::min(piece, n);
    WEFT_CHECK_OK(from_abi(dtype.decode(dtype.self, &slab, piece, k, out)));
    row += piece, n -= piece, out += piece * k;
  }
  return {};
}

Status ParamReader::read(uint64_t i, uint32_t as, uint64_t row, uint64_t n, const weft_slab& dst) {
  if (i >= params_.size() || !extent_inside(row, n, rows(i)))
    return error(Code::kOutOfRange, "rows {}+{} of parameter {}", row, n, i);
  const weft_dtype* to = checkpoint_->dtypes().find(as);
  const Entry& entry = *entries_[plan_.tied_to[i]];
  const bool blocks =
      as == entry.dtype && entry.runs && !entry.runs->empty() && entry.runs->front().quantised != nullptr;
  if (to == nullptr || (to->encode == nullptr && !blocks))
    return error(Code::kUnimplemented, "parameter {} cannot be read as dtype {}", params_[i].name, as);
  const uint64_t k = cols(i);
  for (uint32_t p = 0; p < to->n_planes; ++p) {
    if (to->plane[p].rows != 1 || k % to->plane[p].cols != 0) {
      return invalid("parameter {} has rows of {} values, {} takes groups of {} x {}", params_[i].name, k,
                     to_view(to->name), to->plane[p].rows, to->plane[p].cols);
    }
    if (n > 0 && dst.plane[p] == nullptr)
      return invalid("parameter {}: no memory for plane {} of {}", params_[i].name, p, to_view(to->name));
  }
  if (n == 0 || k == 0) return {};
  if (blocks) {
    WEFT_CHECK_OK(read_blocks(i, row, n, dst));
    return checkpoint_->check_faults();
  }
  if (as == WEFT_F32 && dst.row_pitch[0] == k * sizeof(float)) {
    WEFT_CHECK_OK(decode_rows(i, row, n, static_cast<float*>(dst.plane[0])));
    return checkpoint_->check_faults();
  }
  std::vector<float> values(k);
  for (uint64_t r = 0; r < n; ++r) {
    WEFT_CHECK_OK(decode_rows(i, row + r, 1, values.data()));
    weft_slab at = dst;
    for (uint32_t p = 0; p < to->n_planes; ++p)
      at.plane[p] = static_cast<uint8_t*>(dst.plane[p]) + r / to->plane[p].rows * dst.row_pitch[p];
    WEFT_CHECK_OK(from_abi(to->encode(to->self, values.data(), 1, k, &at)));
  }
  return checkpoint_->check_faults();
}

Status ParamReader::read_blocks(uint64_t i, uint64_t row, uint64_t n, const weft_slab& dst) const {
  const Entry& entry = *entries_[plan_.tied_to[i]];
  auto* to = static_cast<uint8_t*>(dst.plane[0]);
  while (n > 0) {
    const RowRun& run = run_at(entry, row);
    const uint64_t piece = std::min(run.row + run.count - row, n);
    WEFT_CHECK_OK(run.quantised->blocks(run.stored_row + row - run.row, piece, to, dst.row_pitch[0]));
    row += piece, n -= piece, to += piece * dst.row_pitch[0];
  }
  return {};
}

std::string ParamReader::explain(std::size_t i) const {
  const uint32_t owner = plan_.tied_to[i];
  if (owner != i) return "alias: tied to " + params_[owner].name;
  const auto& runs = entries_[i]->runs;
  if (!runs) return "stream: the plan computes values, evaluated in f32 when read";
  if (!runs->empty() && runs->front().quantised != nullptr) {
    return fmt::format("view: quantised in several tensors, read as {}{}",
                       to_view(checkpoint_->dtypes().find(entries_[i]->dtype)->name),
                       entries_[i]->matrix ? ", columns in the order of their groups" : "");
  }
  if (runs->size() <= 1) return "alias: one piece of the file";
  return fmt::format("view: {} pieces of rows, moved as stored", runs->size());
}

}  // namespace weft
