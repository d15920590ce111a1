// Decodes JPEG with libjpeg, which leaves by longjmp; so the functions that call it hold nothing that has a destructor.
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include "core/base/error.hpp"
#include "core/image/decode.hpp"

namespace weft {
namespace {

constexpr int kScans = 500;              // the most scans of a progressive file; each takes as long as a whole image
constexpr long kMemory = long{1} << 30;  // the most that libjpeg may take, in bytes
constexpr std::string_view kExif("Exif\0\0", 6);

struct Reading {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  jmp_buf out;
  char why[JMSG_LENGTH_MAX];
};

Reading* reading_of(j_common_ptr jpeg) { return static_cast<Reading*>(jpeg->client_data); }

void failed(j_common_ptr jpeg) {
  Reading* r = reading_of(jpeg);
  r->errors.format_message(jpeg, r->why);
  std::longjmp(r->out, 1);
}
void quiet(j_common_ptr) {}
void warned(j_common_ptr, int) {}  // Pillow reads on after these warnings, and so does this

void fail(j_decompress_ptr jpeg, const char* why) {
  Reading* r = reading_of(reinterpret_cast<j_common_ptr>(jpeg));
  std::strncpy(r->why, why, sizeof r->why - 1);
  std::longjmp(r->out, 1);
}
boolean no_more(j_decompress_ptr jpeg) {
  fail(jpeg, "the file ends too early");
  return FALSE;
}
void skip(j_decompress_ptr jpeg, long n) {
  jpeg_source_mgr* s = jpeg->src;
  if (n <= 0) return;
  if (static_cast<std::size_t>(n) > s->bytes_in_buffer) fail(jpeg, "the file ends too early");
  s->next_input_byte += n, s->bytes_in_buffer -= static_cast<std::size_t>(n);
}
void nothing(j_decompress_ptr) {}
void count_scans(j_common_ptr jpeg) {
  auto* d = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (d->input_scan_number > kScans) fail(d, "more than 500 scans");
}

/// Reads up to the pixels.
bool read_header(Reading* r, const char* data, std::size_t size) {
  if (setjmp(r->out)) return false;
  r->jpeg.err = jpeg_std_error(&r->errors);
  r->errors.error_exit = failed, r->errors.output_message = quiet, r->errors.emit_message = warned;
  r->jpeg.client_data = r;
  jpeg_create_decompress(&r->jpeg);
  r->jpeg.mem->max_memory_to_use = kMemory;
  r->source = {reinterpret_cast<const JOCTET*>(data), size, nothing, no_more, skip, jpeg_resync_to_restart, nothing};
  r->jpeg.src = &r->source;
  r->progress.progress_monitor = count_scans;
  r->jpeg.progress = &r->progress;
  jpeg_save_markers(&r->jpeg, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&r->jpeg, TRUE);
  return true;
}

bool start(Reading* r) {
  if (setjmp(r->out)) return false;
  const int n = r->jpeg.num_components;
  r->jpeg.out_color_space = n == 1 ? JCS_GRAYSCALE : n == 3 ? JCS_RGB : JCS_CMYK;
  r->jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&r->jpeg);
  return true;
}

bool read_row(Reading* r, JSAMPROW row) {
  if (setjmp(r->out)) return false;
  return jpeg_read_scanlines(&r->jpeg, &row, 1) == 1;
}

class Jpeg {
 public:
  Jpeg() = default;
  ~Jpeg() { jpeg_destroy_decompress(&r_.jpeg); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  Result<Image> decode(std::string_view file, int& orientation) {
    if (!read_header(&r_, file.data(), file.size())) return damaged();
    WEFT_CHECK_OK(check_size(r_.jpeg.image_width, r_.jpeg.image_height));
    if (r_.jpeg.num_components != 1 && r_.jpeg.num_components != 3 && r_.jpeg.num_components != 4) {
      return error(Code::kUnimplemented, "JPEG: {} components, expected 1, 3 or 4", r_.jpeg.num_components);
    }
    orientation = exif();
    if (!start(&r_)) return damaged();
    const int64_t stored = r_.jpeg.output_components;
    Image image(r_.jpeg.output_width, r_.jpeg.output_height, stored == 4 ? 3 : stored);
    std::vector<JSAMPLE> inks(stored == 4 ? static_cast<std::size_t>(4 * image.width) : 0);
    for (int64_t y = 0; y < image.height; ++y) {
      if (!read_row(&r_, stored == 4 ? inks.data() : image.row(y))) return damaged();
      if (stored == 4) colours(inks, image.row(y));
    }
    return image;
  }

 private:
  Status damaged() const { return invalid("JPEG: {}", r_.why); }

  int exif() const {
    for (jpeg_saved_marker_ptr m = r_.jpeg.marker_list; m != nullptr; m = m->next) {
      const std::string_view data(reinterpret_cast<const char*>(m->data), m->data_length);
      if (data.starts_with(kExif)) return exif_orientation(data.substr(kExif.size()));
    }
    return 1;
  }

  /// Turns inks into colours. Inks are stored inverted, as Adobe writes them and Pillow expects.
  static void colours(const std::vector<JSAMPLE>& inks, uint8_t* to) {
    for (std::size_t i = 0; i < inks.size(); i += 4, to += 3) {
      for (std::size_t c = 0; c < 3; ++c) {
        const uint32_t black = inks[i + 3], v = (255u - inks[i + c]) * black + 128;
        to[c] = static_cast<uint8_t>(black - (((v >> 8) + v) >> 8));
      }
    }
  }

  Reading r_{};
};

}  // namespace

Result<Image> decode_jpeg(std::string_view file, int& orientation) { return Jpeg().decode(file, orientation); }

}  // namespace weft
