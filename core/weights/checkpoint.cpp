#include "core/weights/checkpoint.hpp"

#include <algorithm>
#include <tuple>

#include "core/base/bounded.hpp"
#include "core/base/checked.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/base/out_struct.hpp"
#include "core/base/sink.hpp"
#include "core/plugins/claims.hpp"
#include "core/weights/disguise.hpp"

namespace weft {
namespace {

constexpr std::size_t kMaxTensors = 1000000, kMaxName = 4096;  // bytes of a name; more are refused
constexpr uint64_t kMaxVocabulary = 16u << 20, kMaxTemplates = 100;

Texts texts_of(const weft_str* texts, uint64_t n) {
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < n; ++i) bytes += to_view(texts[i]).size();
  Texts out;
  out.reserve(n, bytes);
  for (uint64_t i = 0; i < n; ++i) out.push_back(to_view(texts[i]));
  return out;
}

/// The error for the first mapped file that is something else than its name says; ok: there is none.
Status find_disguise(const CheckpointFiles& files) {
  for (const auto& file : files.mapped()) {
    const std::string_view start(reinterpret_cast<const char*>(file->data()), std::min<uint64_t>(file->size(), 512));
    if (const std::string_view what = disguise_of(start); !what.empty())
      return invalid("{}: is {}", file->path(), what);
  }
  return {};
}

bool printable(std::string_view s) { return one_line(s) == s; }

}  // namespace

Status with_name(const Status& s, const std::string& path, const std::string& name) {
  if (s.ok() || path.empty()) return s;
  std::string text(s.message());
  for (std::size_t at = 0; (at = text.find(path, at)) != text.npos; at += name.size())
    text.replace(at, path.size(), name);
  return {s.code(), std::move(text)};
}

uint64_t StoredTensor::rows() const {
  if (cols() == 0) return 0;
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

/// Takes what a format's read emits, and checks all of it.
struct FormatSink {
  Checkpoint& checkpoint;
  Sink sink{};

  template <class F>
  static weft_status* take(void* ctx, F&& f) noexcept {
    auto& self = *static_cast<FormatSink*>(ctx);
    return self.sink.take([&]() -> Status { return f(self.checkpoint); });
  }
  static weft_status* tensor(void* ctx, const weft_stored_tensor* t) noexcept {
    return take(ctx, [&](Checkpoint& c) -> Status {
      if (t == nullptr || !WEFT_HAS(t, weft_stored_tensor, bytes))
        return invalid("a tensor's description is missing or too short");
      return c.add_tensor(*t);
    });
  }
  static weft_status* metadata(void* ctx, weft_str text) noexcept {
    return take(ctx, [&](Checkpoint& c) { return c.set_metadata(text); });
  }
  static weft_status* vocabulary(void* ctx, const weft_vocabulary* v) noexcept {
    return take(ctx, [&](Checkpoint& c) -> Status {
      if (v == nullptr || !WEFT_HAS(v, weft_vocabulary, chat_template))
        return invalid("a vocabulary is missing or too short");
      return c.set_vocabulary(*v);
    });
  }
  static weft_status* generation_config(void* ctx, weft_str text) noexcept {
    return take(ctx, [&](Checkpoint& c) { return c.set_generation_config(text); });
  }
};

struct CheckpointTable {
  /// Gives the document of `key`, which is read when it is first asked for.
  template <class Documents, class Key, class Read>
  static Status keep(Documents& documents, const Key& key, const Read& read, const weft_json** out) {
    auto it = documents.find(key);
    if (it == documents.end()) {
      WEFT_TRY(Json json, read());
      const DrainAtEnd drain(json);
      it = documents.try_emplace(key).first;
      it->second.json = std::move(json);
    }
    *out = &it->second;
    return {};
  }
  static weft_status* bytes(void* ctx, uint32_t i, const void** out, uint64_t* size) noexcept {
    return guard_abi([&]() -> Status {
      const auto& c = *static_cast<Checkpoint*>(ctx);
      if (i >= c.tensors_.size()) return error(Code::kOutOfRange, "tensor {} of {}", i, c.tensors_.size());
      WEFT_TRY(const weft_slab slab, c.slab(c.tensors_[i], 0, c.tensors_[i].rows()));
      *out = slab.plane[0], *size = c.tensors_[i].planes[0].bytes;
      return {};
    });
  }
  static weft_status* json_tensor(void* ctx, uint32_t i, const weft_json** out) noexcept;
  static weft_status* tensor(void* ctx, uint32_t i, weft_tensor* out) noexcept {
    return guard_abi([&]() -> Status {
      const auto& tensors = static_cast<Checkpoint*>(ctx)->tensors_;
      if (i >= tensors.size()) return error(Code::kOutOfRange, "tensor {} of {}", i, tensors.size());
      const StoredTensor& t = tensors[i];
      return write_out(out, weft_tensor{{WEFT_END(weft_tensor, dims), 0}, to_str(t.name), t.dtype,
                                       static_cast<uint32_t>(t.dims.size()), t.dims.data()});
    });
  }
  static uint32_t find(void* ctx, weft_str name) noexcept { return static_cast<Checkpoint*>(ctx)->find(to_view(name)); }
  static weft_status* json_file(void* ctx, weft_str name, const weft_json** out) noexcept {
    return guard_abi([&]() -> Status {
      auto& c = *static_cast<Checkpoint*>(ctx);
      const std::string key(to_view(name));
      *out = nullptr;
      std::lock_guard lock(c.json_mutex_);
      const Status read = keep(c.json_files_, key, [&] { return c.files_->read_json(key); }, out);
      return read.code() == Code::kNotFound ? Status() : read;
    });
  }
};

/// Parses a tensor's bytes as JSON, once for each tensor.
weft_status* CheckpointTable::json_tensor(void* ctx, uint32_t i, const weft_json** out) noexcept {
  return guard_abi([&]() -> Status {
    constexpr uint64_t kMost = 1u << 20;
    auto& c = *static_cast<Checkpoint*>(ctx);
    if (i >= c.tensors_.size()) return error(Code::kOutOfRange, "tensor {} of {}", i, c.tensors_.size());
    const StoredTensor& t = c.tensors_[i];
    if (t.dtype != WEFT_U8 || t.planes[0].bytes > kMost)
      return invalid("tensor {} is no text of at most {} bytes", t.name, kMost);
    std::lock_guard lock(c.json_mutex_);
    const auto parse = [&]() -> Result<Json> {
      WEFT_TRY(const weft_slab slab, c.slab(t, 0, t.rows()));
      return parse_json(std::string_view(static_cast<const char*>(slab.plane[0]), t.planes[0].bytes));
    };
    return keep(c.json_tensors_, i, parse, out).with_context("tensor " + t.name);
  });
}

namespace {
Result<Json> object_of(weft_str text, const char* what) {
  auto parsed = parse_json(to_view(text));
  if (!parsed.ok()) return parsed.status().with_context(what);
  if (parsed->is_object()) return parsed;
  drain_json(*parsed);
  return invalid("{} is not a JSON object", what);
}
}  // namespace

Status Checkpoint::set_metadata(weft_str text) {
  if (has_metadata_) return invalid("metadata is given twice");
  WEFT_TRY(metadata_.json, object_of(text, "metadata"));
  has_metadata_ = true;
  return {};
}

Status Checkpoint::set_generation_config(weft_str text) {
  if (!generation_config_.is_null()) return invalid("the generation config is given twice");
  WEFT_TRY(generation_config_, object_of(text, "generation config"));
  return {};
}

Status Checkpoint::set_vocabulary(const weft_vocabulary& v) {
  if (vocabulary_) return invalid("a vocabulary is given twice");
  if (v.n_tokens > kMaxVocabulary || v.n_merges > kMaxVocabulary) {
    return error(Code::kResourceExhausted, "vocabulary of {} tokens and {} merges, at most {}", v.n_tokens, v.n_merges,
                 kMaxVocabulary);
  }
  if ((v.n_tokens > 0 && v.tokens == nullptr) || (v.n_merges > 0 && v.merges == nullptr)) {
    return invalid("vocabulary of {} tokens and {} merges, but not their texts", v.n_tokens, v.n_merges);
  }
  StoredVocabulary s;
  s.model = to_view(v.model), s.pre = to_view(v.pre), s.chat_template = to_view(v.chat_template);
  if (WEFT_HAS(&v, weft_vocabulary, n_templates)) {
    if (v.n_templates > kMaxTemplates) {
      return error(Code::kResourceExhausted, "{} chat templates, at most {}", v.n_templates, kMaxTemplates);
    }
    if (v.n_templates > 0 && (v.templates == nullptr || v.template_names == nullptr)) {
      return invalid("{} chat templates, but not their texts", v.n_templates);
    }
    for (uint64_t i = 0; i < v.n_templates; ++i)
      s.templates.emplace_back(to_view(v.template_names[i]), to_view(v.templates[i]));
  }
  s.tokens = texts_of(v.tokens, v.n_tokens), s.merges = texts_of(v.merges, v.n_merges);
  if (v.scores) s.scores.assign(v.scores, v.scores + v.n_tokens);
  if (v.types) s.types.assign(v.types, v.types + v.n_tokens);
  auto id = [&](int64_t x) { return x >= 0 && x < static_cast<int64_t>(v.n_tokens) ? x : -1; };
  s.bos = id(v.bos), s.eos = id(v.eos), s.unk = id(v.unk), s.pad = id(v.pad);
  s.add_bos = v.add_bos, s.add_eos = v.add_eos, s.add_space_prefix = v.add_space_prefix;
  if (WEFT_HAS(&v, weft_vocabulary, strip_accents)) {
    s.charsmap = to_view(v.charsmap), s.sep = id(v.sep), s.add_sep = v.add_sep;
    s.remove_extra_spaces = v.remove_extra_spaces, s.lowercase = v.lowercase, s.strip_accents = v.strip_accents;
  }
  vocabulary_ = std::move(s);
  return {};
}

Status Checkpoint::add_tensor(const weft_stored_tensor& t) {
  const std::string_view given = to_view(t.name);
  if (given.empty() || given.size() > kMaxName)
    return invalid("a tensor name of {} bytes, expected 1 to {}", given.size(), kMaxName);
  if (!printable(given)) return invalid("tensor {} has a name with control characters", tensors_.size());
  const std::string name(given);
  if (tensors_.size() >= kMaxTensors) return error(Code::kResourceExhausted, "more than {} tensors", kMaxTensors);
  if (t.rank > 8) return invalid("tensor {} has rank {}, at most 8", name, t.rank);
  const weft_dtype* dtype = dtypes_->find(t.dtype);
  if (dtype == nullptr) return invalid("tensor {} has the unknown dtype {}", name, t.dtype);
  if (t.n_planes != dtype->n_planes)
    return invalid("tensor {} has {} planes, {} has {}", name, t.n_planes, to_view(dtype->name), dtype->n_planes);
  if (t.rank > 0 && t.dims == nullptr) return invalid("tensor {} has rank {} and no dims", name, t.rank);
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
      return invalid("{}: tensor {} takes {} bytes from {} on, the file has {}", file.path(), name, t.bytes[p],
                     t.offset[p], file.size());
    }
    const auto expected = plane_bytes(*dtype, p, s.rows(), s.cols());
    if (!expected || *expected != t.bytes[p]) {
      return invalid("{}: tensor {} [{}] as {} has {} bytes, expected {}", file.path(), name, fmt::join(s.dims, ","),
                     to_view(dtype->name), t.bytes[p], expected ? std::to_string(*expected) : "whole blocks");
    }
    s.planes.push_back({t.file[p], t.offset[p], t.bytes[p]});
  }
  if (!by_name_.emplace(name, static_cast<uint32_t>(tensors_.size())).second)
    return invalid("two tensors are called {}", name);
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
                                                     const DtypeRegistry& dtypes, std::unique_ptr<Arrival> arrival) {
  auto c = std::make_shared<Checkpoint>();
  c->path_ = path;
  c->dtypes_ = &dtypes;
  WEFT_TRY(c->files_, CheckpointFiles::open(path, std::move(arrival)));
  Claims claims;
  std::string entry, asked;
  for (const Interface& plugin : formats) {
    const auto& format = *static_cast<const weft_format*>(plugin.table);
    asked += (asked.empty() ? "" : ", ") + std::string(to_view(format.id));
    uint32_t score = 0;
    std::string found;
    const weft_string_sink sink = string_sink(found);
    Status s = bounded(call_plugin(plugin.plugin_id, "locate",
                                    [&] { return format.locate(plugin.self, c->files_->abi(), &score, &sink); }));
    if (claims.add(plugin, "locate", std::move(s), score)) entry = found;
  }
  const auto claimed = claims.best();
  const Interface* best = claimed.ok() ? *claimed : nullptr;
  if (best == nullptr) {
    if (!c->files_->chosen().empty()) WEFT_CHECK_OK(c->files_->map(c->files_->chosen()).status());
    WEFT_CHECK_OK(find_disguise(*c->files_));
    if (!claimed.ok()) return claimed.status().with_context(path);
    return error(Code::kNotFound, "{}: no format plugin knows it (asked: {}); see the plugin report", path,
                 asked.empty() ? "none found" : asked);
  }
  const auto& format = *static_cast<const weft_format*>(best->table);
  c->format_ = to_view(format.id);
  c->format_plugin_ = best->plugin_id;
  FormatSink target{*c};
  const weft_format_sink sink{{WEFT_END(weft_format_sink, generation_config), 0}, &target, FormatSink::tensor,
                              FormatSink::metadata, FormatSink::vocabulary, FormatSink::generation_config};
  Status read = bounded(call_plugin(best->plugin_id, "read",
                                     [&] { return format.read(best->self, c->files_->abi(), to_str(entry), &sink); }));
  if (const auto refusal = target.sink.refusal()) read = bounded(*refusal);
  if (!read.ok()) {
    WEFT_CHECK_OK(c->check_intact());
    if (read.code() == Code::kInvalidArgument) WEFT_CHECK_OK(find_disguise(*c->files_));
    const std::string folder = c->files_->folder() + "/";
    return read.message().starts_with(folder) ? read : read.with_context(folder + entry);
  }
  WEFT_CHECK_OK(c->check_disjoint());
  WEFT_CHECK_OK(c->check_intact());
  c->table_ = {{WEFT_END(weft_checkpoint, json_tensor), 0},
               c.get(),
               to_str(c->format_),
               static_cast<uint32_t>(c->tensors_.size()),
               0,
               CheckpointTable::tensor,
               CheckpointTable::find,
               &c->metadata_,
               CheckpointTable::json_file,
               CheckpointTable::bytes,
               CheckpointTable::json_tensor};
  return c;
}

Checkpoint::~Checkpoint() { drain_json(generation_config_); }

uint32_t Checkpoint::find(std::string_view name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? WEFT_NONE : it->second;
}

uint64_t Checkpoint::stored_bytes() const {
  uint64_t sum = 0;
  for (const StoredTensor& t : tensors_) {
    for (const auto& p : t.planes) sum += p.bytes;
  }
  return sum;
}

namespace {

Status shrank(const MappedFile& file) {
  return error(Code::kDataLoss, "{}: shrank after it was opened", file.path());
}

}  // namespace

Status Checkpoint::check_intact() const {
  for (const auto& file : files_->mapped()) {
    if (file->damaged()) return shrank(*file);
  }
  return {};
}

Status Checkpoint::check_faults() const {
  for (const auto& file : files_->mapped()) {
    if (file->faulted()) return shrank(*file);
  }
  return {};
}

Result<weft_slab> Checkpoint::slab(const StoredTensor& t, uint64_t row, uint64_t rows) const {
  const weft_dtype& dtype = *dtypes_->find(t.dtype);
  weft_slab slab{};
  for (std::size_t p = 0; p < t.planes.size(); ++p) {
    const weft_plane& plane = dtype.plane[p];
    slab.col_pitch[p] = plane.bytes;
    slab.row_pitch[p] = t.cols() / plane.cols * plane.bytes;
    const uint64_t first = row / plane.rows * slab.row_pitch[p],
                   bytes = (rows + plane.rows - 1) / plane.rows * slab.row_pitch[p];
    WEFT_CHECK_OK(files_->await(t.planes[p].file, t.planes[p].offset + first, bytes));
    files_->note_read(t.planes[p].file);
    slab.plane[p] = const_cast<uint8_t*>(files_->mapped()[t.planes[p].file]->data() + t.planes[p].offset + first);
  }
  return slab;
}

}  // namespace weft
