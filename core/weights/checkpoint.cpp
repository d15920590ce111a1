#include "core/weights/checkpoint.hpp"

#include <algorithm>

#include "core/base/checked.hpp"
#include "core/base/error.hpp"
#include "core/base/json_view.hpp"
#include "core/base/status_abi.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxTensors = 1000000, kMaxName = 4096;
constexpr uint64_t kMaxVocabulary = 16u << 20;

Status call(const Interface& plugin, const char* function, const std::function<weft_status*()>& f) {
  try {
    return from_abi(f());
  } catch (...) {
    return error(Code::kInternal, "{}: {} threw an exception across the ABI", plugin.plugin_id, function);
  }
}

}  // namespace

uint64_t StoredTensor::rows() const {
  uint64_t n = 1;
  for (std::size_t i = 0; i + 1 < dims.size(); ++i) n *= static_cast<uint64_t>(dims[i]);
  return n;
}

std::optional<uint64_t> plane_bytes(const weft_dtype& dtype, uint32_t p, uint64_t rows, uint64_t cols) {
  const weft_plane& plane = dtype.plane[p];
  if (rows % plane.rows != 0 || cols % plane.cols != 0) return std::nullopt;
  auto groups = checked_mul(rows / plane.rows, cols / plane.cols);
  return groups ? checked_mul(*groups, plane.bytes) : std::nullopt;
}

/// What a format's read emits; every word of it is checked.
struct FormatSink {
  static weft_status* tensor(void* ctx, const weft_stored_tensor* t) noexcept {
    return guard_abi([&] { return static_cast<Checkpoint*>(ctx)->add_tensor(*t); });
  }
  static weft_status* metadata(void* ctx, weft_str text) noexcept {
    return guard_abi([&]() -> Status {
      WEFT_TRY(Json parsed, parse_json(to_view(text)));
      if (!parsed.is_object()) return invalid("metadata is not a JSON object");
      static_cast<Checkpoint*>(ctx)->metadata_ = std::move(parsed);
      return {};
    });
  }
  static weft_status* vocabulary(void* ctx, const weft_vocabulary* v) noexcept {
    return guard_abi([&]() -> Status {
      if (v->n_tokens > kMaxVocabulary || v->n_merges > kMaxVocabulary) {
        return error(Code::kResourceExhausted, "vocabulary of {} tokens and {} merges", v->n_tokens, v->n_merges);
      }
      StoredVocabulary s;
      s.model = to_view(v->model), s.pre = to_view(v->pre), s.chat_template = to_view(v->chat_template);
      for (uint64_t i = 0; i < v->n_tokens; ++i) s.tokens.emplace_back(to_view(v->tokens[i]));
      for (uint64_t i = 0; i < v->n_merges; ++i) s.merges.emplace_back(to_view(v->merges[i]));
      if (v->scores) s.scores.assign(v->scores, v->scores + v->n_tokens);
      if (v->types) s.types.assign(v->types, v->types + v->n_tokens);
      auto id = [&](int64_t x) { return x >= 0 && x < static_cast<int64_t>(v->n_tokens) ? x : -1; };
      s.bos = id(v->bos), s.eos = id(v->eos), s.unk = id(v->unk), s.pad = id(v->pad);
      s.add_bos = v->add_bos, s.add_eos = v->add_eos, s.add_space_prefix = v->add_space_prefix;
      static_cast<Checkpoint*>(ctx)->vocabulary_ = std::move(s);
      return {};
    });
  }
};

struct CheckpointTable {
  static weft_status* tensor(void* ctx, uint32_t i, weft_tensor* out) noexcept {
    return guard_abi([&]() -> Status {
      const auto& tensors = static_cast<Checkpoint*>(ctx)->tensors_;
      if (i >= tensors.size()) return error(Code::kOutOfRange, "tensor {} of {}", i, tensors.size());
      const StoredTensor& t = tensors[i];
      out->name = to_str(t.name);
      out->dtype = t.dtype;
      out->rank = static_cast<uint32_t>(t.dims.size());
      out->dims = t.dims.data();
      return {};
    });
  }
  static uint32_t find(void* ctx, weft_str name) noexcept {
    try {
      return static_cast<Checkpoint*>(ctx)->find(to_view(name));
    } catch (...) {
      return WEFT_NONE;
    }
  }
  static weft_status* json_file(void* ctx, weft_str name, weft_json* out) noexcept {
    return guard_abi([&]() -> Status {
      auto& c = *static_cast<Checkpoint*>(ctx);
      const std::string key(to_view(name));
      *out = make_json_view(nullptr);
      if (auto it = c.json_files_.find(key); it != c.json_files_.end()) {
        *out = make_json_view(it->second.get());
        return {};
      }
      auto text = c.files_->read_text(key, 64u << 20);
      if (!text.ok()) return text.status().code() == Code::kNotFound ? Status() : text.status();
      auto parsed = parse_json(*text);
      if (!parsed.ok()) return parsed.status().with_context(c.files_->folder() + "/" + key);
      auto& kept = c.json_files_[key] = std::make_unique<Json>(std::move(*parsed));
      *out = make_json_view(kept.get());
      return {};
    });
  }
};

Status Checkpoint::add_tensor(const weft_stored_tensor& t) {
  const std::string name(to_view(t.name));
  if (name.empty() || name.size() > kMaxName) return invalid("a tensor name of {} bytes, expected 1 to {}", name.size(), kMaxName);
  if (tensors_.size() >= kMaxTensors) return error(Code::kResourceExhausted, "more than {} tensors", kMaxTensors);
  if (t.rank > 8) return invalid("tensor {} has rank {}, at most 8", name, t.rank);
  const weft_dtype* dtype = dtypes_->find(t.dtype);
  if (dtype == nullptr) return invalid("tensor {} has the unknown dtype {}", name, t.dtype);
  if (t.n_planes != dtype->n_planes) return invalid("tensor {} has {} planes, {} has {}", name, t.n_planes, to_view(dtype->name), dtype->n_planes);
  StoredTensor s;
  s.name = name;
  s.dtype = t.dtype;
  s.dims.assign(t.dims, t.dims + t.rank);
  if (!checked_elements(s.dims)) return invalid("tensor {} has a negative or overflowing shape", name);
  for (uint32_t p = 0; p < t.n_planes; ++p) {
    const auto& files = files_->mapped();
    if (t.file[p] >= files.size()) return invalid("tensor {} lies in file {}, which is not open", name, t.file[p]);
    const MappedFile& file = *files[t.file[p]];
    if (!extent_inside(t.offset[p], t.bytes[p], file.size())) {
      return invalid("{}: tensor {} takes bytes {} to {}, the file has {}", file.path(), name, t.offset[p],
                     t.offset[p] + t.bytes[p], file.size());
    }
    const auto expected = plane_bytes(*dtype, p, s.rows(), s.cols());
    if (!expected || *expected != t.bytes[p]) {
      return invalid("{}: tensor {} [{}] as {} has {} bytes, expected {}", file.path(), name, fmt::join(s.dims, ","),
                     to_view(dtype->name), t.bytes[p], expected ? std::to_string(*expected) : "whole blocks");
    }
    s.planes.push_back({t.file[p], t.offset[p], t.bytes[p]});
  }
  if (!by_name_.emplace(name, static_cast<uint32_t>(tensors_.size())).second) return invalid("two tensors are called {}", name);
  tensors_.push_back(std::move(s));
  return {};
}

Status Checkpoint::check_disjoint() const {
  struct Extent {
    uint32_t file;
    uint64_t begin, end;
    const std::string* name;
  };
  std::vector<Extent> all;
  for (const StoredTensor& t : tensors_) {
    for (const auto& p : t.planes) {
      if (p.bytes > 0) all.push_back({p.file, p.offset, p.offset + p.bytes, &t.name});
    }
  }
  std::sort(all.begin(), all.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.file, a.begin) < std::tie(b.file, b.begin);
  });
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].file == all[i - 1].file && all[i].begin < all[i - 1].end) {
      return invalid("{}: tensors {} and {} overlap at byte {}", files_->mapped()[all[i].file]->path(),
                     *all[i - 1].name, *all[i].name, all[i].begin);
    }
  }
  return {};
}

Result<std::shared_ptr<Checkpoint>> Checkpoint::open(const std::string& path, const std::vector<Interface>& formats,
                                                     const DtypeRegistry& dtypes) {
  auto c = std::make_shared<Checkpoint>();
  c->path_ = path;
  c->dtypes_ = &dtypes;
  WEFT_TRY(c->files_, CheckpointFiles::open(path));
  const Interface* best = nullptr;
  uint32_t best_score = 0;
  std::string entry, asked;
  Status first_failure;
  for (const Interface& plugin : formats) {
    const auto& format = *static_cast<const weft_format*>(plugin.table);
    asked += (asked.empty() ? "" : ", ") + std::string(to_view(format.id));
    uint32_t score = 0;
    std::string found;
    weft_string_sink sink{{WEFT_END(weft_string_sink, set), 0}, &found, [](void* p, weft_str s) {
                            *static_cast<std::string*>(p) = to_view(s);
                          }};
    Status s = call(plugin, "locate", [&] { return format.locate(plugin.self, c->files_->abi(), &score, &sink); });
    if (!s.ok() && first_failure.ok()) first_failure = s.with_context(path);
    if (s.ok() && score > best_score) best = &plugin, best_score = score, entry = found;
  }
  if (best == nullptr) {
    if (!first_failure.ok()) return first_failure;
    return error(Code::kNotFound, "{}: no format plugin knows it (asked: {}); see weft plugins --why", path,
                 asked.empty() ? "none found" : asked);
  }
  const auto& format = *static_cast<const weft_format*>(best->table);
  c->format_ = to_view(format.id);
  c->format_plugin_ = best->plugin_id;
  const weft_format_sink sink{{WEFT_END(weft_format_sink, vocabulary), 0}, c.get(), FormatSink::tensor, FormatSink::metadata, FormatSink::vocabulary};
  const std::string where = c->files_->folder() + "/" + entry;
  if (Status s = call(*best, "read", [&] { return format.read(best->self, c->files_->abi(), to_str(entry), &sink); }); !s.ok()) {
    WEFT_CHECK_OK(c->check_intact());
    return s.message().find(c->files_->folder()) == std::string_view::npos ? s.with_context(where) : s;
  }
  WEFT_CHECK_OK(c->check_disjoint());
  WEFT_CHECK_OK(c->check_intact());
  c->table_ = {{WEFT_END(weft_checkpoint, json_file), 0}, c.get(), to_str(c->format_), static_cast<uint32_t>(c->tensors_.size()), 0,
               CheckpointTable::tensor, CheckpointTable::find, make_json_view(&c->metadata_), CheckpointTable::json_file};
  return c;
}

uint32_t Checkpoint::find(std::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? WEFT_NONE : it->second;
}

uint64_t Checkpoint::stored_bytes() const {
  uint64_t sum = 0;
  for (const StoredTensor& t : tensors_) {
    for (const auto& p : t.planes) sum += p.bytes;
  }
  return sum;
}

Status Checkpoint::check_intact() const {
  for (const auto& file : files_->mapped()) {
    if (file->damaged()) return error(Code::kDataLoss, "{}: shrank after it was opened", file->path());
  }
  return {};
}

weft_slab Checkpoint::slab(const StoredTensor& t, uint64_t row) const {
  const weft_dtype& dtype = *dtypes_->find(t.dtype);
  weft_slab slab{};
  for (std::size_t p = 0; p < t.planes.size(); ++p) {
    const weft_plane& plane = dtype.plane[p];
    slab.col_pitch[p] = plane.bytes;
    slab.row_pitch[p] = t.cols() / plane.cols * plane.bytes;
    slab.plane[p] = const_cast<uint8_t*>(files_->mapped()[t.planes[p].file]->data() + t.planes[p].offset +
                                         row / plane.rows * slab.row_pitch[p]);
  }
  return slab;
}

}  // namespace weft
