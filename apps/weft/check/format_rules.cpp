// A format, on the author's samples: as they are, and made hostile.
#include <sys/resource.h>

#include <fstream>

#include "apps/weft/check/groups.hpp"
#include "apps/weft/check/samples.hpp"
#include "core/base/error.hpp"
#include "core/base/status_abi.hpp"
#include "core/model/interfaces.hpp"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kEach = 512;    // the first bytes of a file, each of which is tried
constexpr uint64_t kSpread = 128;  // places that are tried in the rest

/// Lets the process have no more memory than a reader of small files has any use for.
void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these reserve more at once
  constexpr rlim_t kMost = rlim_t{8} << 30;
  const rlimit limit{kMost, kMost};
  setrlimit(RLIMIT_AS, &limit);
#endif
}

/// The formats of the plugin, and what they are tried with.
struct Formats {
  std::shared_ptr<Engine> engine;
  std::vector<Interface> tables;
  Reporter& reporter;

  Result<std::shared_ptr<Checkpoint>> open(const std::string& path) const {
    auto opened = Checkpoint::open(path, tables, engine->host().dtypes());
    reporter.note(opened.status());
    return opened;
  }
};

/// What a checkpoint says, in a form that is equal where the checkpoints are.
std::string description(const Checkpoint& c) {
  std::string text = c.format() + " " + c.metadata().dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const StoredTensor& t : c.tensors()) {
    text += fmt::format("\n{} {} [{}]", t.name, t.dtype, fmt::join(t.dims, ","));
    for (const auto& p : t.planes) text += fmt::format(" {}:{}+{}", p.file, p.offset, p.bytes);
  }
  if (const auto& v = c.vocabulary()) text += fmt::format("\n{} {} {}", v->model, v->pre, v->tokens.size());
  return text;
}

Verdict scores(const Formats& formats, const std::string& path) {
  const auto files = CheckpointFiles::open(path);
  if (!files.ok()) return Verdict::skipped("{}", files.status().message());
  for (const Interface& i : formats.tables) {
    const auto& api = *static_cast<const weft_format*>(i.table);
    uint32_t score[2] = {};
    std::string entry[2];
    Status asked[2];
    for (int n = 0; n < 2; ++n) {
      const weft_string_sink sink = string_sink(entry[n]);
      asked[n] = call_plugin(i.plugin_id, "locate",
                             [&] { return api.locate(i.self, (*files)->abi(), &score[n], &sink); });
      formats.reporter.note(asked[n]);
    }
    if (score[0] > 100) return Verdict::breaks("locate of {} scores {}, expected 0 to 100", i.name, score[0]);
    if (score[0] != score[1] || entry[0] != entry[1] || asked[0].code() != asked[1].code())
      return Verdict::breaks("asked again, locate of {} answers otherwise", i.name);
    if (asked[0].ok() && score[0] > 0 && entry[0].empty())
      return Verdict::breaks("locate of {} scores {} and names no file", i.name, score[0]);
  }
  return Verdict::holds();
}

Verdict foreign(const Formats& formats) {
  auto folder = ScratchFolder::make();
  if (!folder.ok()) return Verdict::skipped("{}", folder.status().message());
  const std::pair<const char*, std::string> files[] = {
      {"empty.bin", ""},
      {"notes.txt", "some words\n"},
      {"picture.png", "\x89PNG\r\n\x1a\n and no more"},
      {"zeros.dat", std::string(1024, '\0')}};
  for (const auto& [name, text] : files) {
    if (const Status s = (*folder)->write(name, text); !s.ok()) return Verdict::skipped("{}", s.message());
  }
  const auto opened = formats.open((*folder)->path().string());
  return opened.ok() ? Verdict::breaks("it takes a folder of other files for a checkpoint of {}", (*opened)->format())
                     : scores(formats, (*folder)->path().string());
}

Verdict reads(const Formats& formats, const std::string& path) {
  const auto first = formats.open(path), again = formats.open(path);
  if (!first.ok()) return Verdict::of(first.status());
  if (!again.ok()) return Verdict::breaks("read again: {}", again.status().message());
  return description(**first) == description(**again) ? Verdict::holds()
                                                      : Verdict::breaks("read again, {} gives other tensors", path);
}

/// The places that are tried in a file of this size, from the last to the first.
std::vector<uint64_t> places(uint64_t size) {
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < std::min(size, kEach); ++i) all.push_back(i);
  for (uint64_t i = 1; size > kEach && i <= kSpread; ++i) all.push_back(kEach + (size - kEach) / kSpread * i - 1);
  std::reverse(all.begin(), all.end());
  return all;
}

/// Cuts each file of the sample shorter and shorter. Nothing is asked of the results but that there is one.
Verdict truncated(const Formats& formats, const SampleCopy& sample) {
  for (const std::string& name : sample.files) {
    const fs::path file = sample.folder->path() / name, whole = file.string() + ".whole";
    std::error_code failed;
    fs::copy_file(file, whole, failed);
    for (const uint64_t size : places(fs::file_size(file, failed))) {
      formats.reporter.at(fmt::format("{} cut to {} bytes", name, size));
      fs::resize_file(file, size, failed);
      (void)formats.open(sample.path);
    }
    fs::rename(whole, file, failed);
  }
  return Verdict::holds();
}

/// Changes one byte after the other.
Verdict changed(const Formats& formats, const SampleCopy& sample) {
  for (const std::string& name : sample.files) {
    const fs::path path = sample.folder->path() / name;
    std::error_code failed;
    const auto tried = places(fs::file_size(path, failed));
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    for (const uint64_t place : tried) {
      file.seekg(static_cast<std::streamoff>(place));
      const auto before = static_cast<char>(file.get());
      for (const int other : {before ^ 0xFF, before ^ 0x01, 0x80}) {
        formats.reporter.at(fmt::format("byte {} of {} changed to {:#04x}", place, name, other & 0xFF));
        file.seekp(static_cast<std::streamoff>(place)).put(static_cast<char>(other)).flush();
        (void)formats.open(sample.path);
      }
      file.seekp(static_cast<std::streamoff>(place)).put(before).flush();
    }
  }
  return Verdict::holds();
}

void check_sample(const Formats& formats, const std::string& path, Reporter& reporter) {
  auto copy = copy_sample(path);
  if (!copy.ok()) return reporter.could_not(std::string(copy.status().message()));
  reporter.rule("format.score", [&] { return scores(formats, copy->path); });
  if (!reporter.needed("format.reads", [&] { return reads(formats, copy->path); })) return;
  reporter.rule("format.hostile.truncated", [&] { return truncated(formats, *copy); });
  reporter.rule("format.hostile.changed", [&] { return changed(formats, *copy); });
}

}  // namespace

void check_format(const Subject& subject, Reporter& reporter) {
  if (!subject.manifest.offers(WEFT_FORMAT_INTERFACE)) return reporter.skip_rest("format", "the plugin has no format");
  limit_memory();
  auto engine = engine_with(subject, reporter);
  if (!engine.ok()) return reporter.could_not(std::string(engine.status().message()));
  Formats formats{*engine, {}, reporter};
  for (const Interface& i : (*engine)->plugins().interfaces(kFormats)) {
    if (i.plugin_id == subject.manifest.id) formats.tables.push_back(i);
  }
  if (formats.tables.empty()) return reporter.skip_rest("format", "the plugin gives no table of it");
  reporter.rule("format.foreign", [&] { return foreign(formats); });
  for (const std::string& sample : subject.samples) {
    // A sample may be for another interface of the plugin, and then no format claims it.
    const auto files = CheckpointFiles::open(sample);
    uint32_t claimed = 0;
    for (const Interface& i : files.ok() ? formats.tables : std::vector<Interface>()) {
      const auto& api = *static_cast<const weft_format*>(i.table);
      std::string entry;
      const weft_string_sink sink = string_sink(entry);
      uint32_t score = 0;
      reporter.note(call_plugin(i.plugin_id, "locate",
                                [&] { return api.locate(i.self, (*files)->abi(), &score, &sink); }));
      claimed = std::max(claimed, score);
    }
    if (claimed > 0) check_sample(formats, sample, reporter);
  }
  reporter.skip_rest("format", "no sample is of this format; --sample gives one");
  formats.tables.clear();
  formats.engine.reset(), engine->reset();
  reporter.end();
}

}  // namespace weft::app
