// Published flaws of programs that fetch models, tried on what servers answer and on archives.
#include <zlib.h>

#include "hub/names.hpp"
#include "hub/sources/listings.hpp"
#include "hub/tar.hpp"
#include "tests/public_case.hpp"

namespace weft::hub {
namespace {

using testing_cases::PublicCase;
using testing_files::TempFolder;

struct TarEntry {
  std::string name, data;
  char type = '0';
  std::string link;
};

/// An archive in the form of POSIX.
std::string tar(const std::vector<TarEntry>& entries) {
  std::string out;
  for (const TarEntry& e : entries) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    char size[12], sum[8];
    std::snprintf(size, sizeof size, "%011zo", e.data.size());
    put(0, e.name), put(100, "0000644"), put(124, size), put(148, "        "), put(156, std::string(1, e.type));
    put(157, e.link), put(257, "ustar"), put(263, "00");
    unsigned total = 0;
    for (char c : header) total += static_cast<unsigned char>(c);
    std::snprintf(sum, sizeof sum, "%06o", total);
    put(148, std::string(sum, 7));
    out += header + e.data + std::string((512 - e.data.size() % 512) % 512, '\0');
  }
  return out + std::string(1024, '\0');
}

/// Unpacks into a folder of the folder; whatever lies beside that afterwards was written by the archive.
auto unpacking(const std::vector<TarEntry>& entries) {
  return [=](const TempFolder& folder) {
    const std::string archive = folder.write("archive", tar(entries)), out = folder / "out";
    std::filesystem::create_directory(out);
    const Status s = unpack_tar(archive, out, 1 << 20, nullptr);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename();
      EXPECT_TRUE(name == "archive" || name == "out") << name;
    }
    return s;
  };
}

/// A gzipped archive of one file of zeros, much larger than the archive.
Status unpacking_a_bomb(const TempFolder& folder) {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  const std::string whole = tar({{"zeros", std::string(kSize, '\0')}}), path = folder / "archive";
  gzFile file = gzopen(path.c_str(), "wb9");
  gzwrite(file, whole.data(), static_cast<unsigned>(whole.size()));
  gzclose(file);
  std::filesystem::create_directory(folder / "out");
  return unpack_tar(path, folder / "out", 20 * std::filesystem::file_size(path), nullptr);
}

auto manifest_with(const std::string& digest) {
  return [=](const TempFolder&) {
    const Json layer = {{"mediaType", "application/vnd.ollama.image.model"}, {"digest", digest}, {"size", 3}};
    return ollama_files(Json({{"layers", Json::array({layer})}}).dump()).status();
  };
}

auto listing_with(const std::string& path) {
  return [=](const TempFolder&) { return hf_entry({{"type", "file"}, {"path", path}, {"size", 1}}).status(); };
}

std::vector<PublicCase> cases() {
  return {
      // Held: a digest is "sha256:" and 64 hex digits before it becomes the name of a file.
      {"CVE_2024_37032", "Ollama: a digest that is a path writes anywhere",
       manifest_with("sha256:../../../../../../etc/ld.so.preload"), "no sha256"},
      // Held: names are plain parts of a path; links are refused, so none can be followed.
      {"CVE_2025_12638", "Keras: an archive writes outside of the folder", unpacking({{"../evil", "x"}}), "../evil"},
      {"CVE_2025_12638_absolute", "Keras: the same by an absolute name", unpacking({{"/tmp/weft_evil", "x"}}),
       "/tmp/weft_evil"},
      {"CVE_2025_12638_link", "Keras: the same through a link in the archive",
       unpacking({{"link", "", '2', ".."}, {"link/evil", "x"}}), "link"},
      // Held: of an archive no more is unpacked than its size allows; answers are bounded as they are decoded.
      {"CVE_2024_12886", "Ollama: an answer in gzip takes all memory", unpacking_a_bomb, "more than is allowed"},
      // Held: as for archives. Names of a listing become files below the cache.
      {"CVE_2024_27318", "ONNX: names of files lead out of the model's folder", listing_with("a/../../evil"), "evil"},
  };
}

class PublicCases : public testing::TestWithParam<PublicCase> {};

TEST_P(PublicCases, Does_no_harm) { testing_cases::try_case(GetParam()); }

INSTANTIATE_TEST_SUITE_P(OfTheHub, PublicCases, testing::ValuesIn(cases()), testing_cases::id_of);

}  // namespace
}  // namespace weft::hub
