// Decodes PNG with libpng, which leaves by longjmp; so the functions that call it hold nothing that has a destructor.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "core/base/error.hpp"
#include "core/image/decode.hpp"

namespace weft {
namespace {

struct Reading {
  png_structp png;
  png_infop info;
  const char* data;
  std::size_t size, at;
  char why[128];
};

[[noreturn]] void failed(png_structp png, png_const_charp message) {
  auto* r = static_cast<Reading*>(png_get_error_ptr(png));
  std::strncpy(r->why, message, sizeof r->why - 1);
  std::longjmp(png_jmpbuf(png), 1);
}
void warned(png_structp, png_const_charp) {}

void more(png_structp png, png_bytep out, png_size_t n) {
  auto* r = static_cast<Reading*>(png_get_io_ptr(png));
  if (n > r->size - r->at) png_error(png, "the file ends too early");
  std::memcpy(out, r->data + r->at, n);
  r->at += n;
}

/// Reads up to the pixels.
bool read_header(Reading* r) {
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, failed, warned);
  if (r->png == nullptr) return false;
  if (setjmp(png_jmpbuf(r->png))) return false;
  r->info = png_create_info_struct(r->png);
  if (r->info == nullptr) return false;
  png_set_read_fn(r->png, r, more);
  png_set_user_limits(r->png, kMaxImageSide, kMaxImageSide);
  png_set_chunk_cache_max(r->png, 64);
  png_set_chunk_malloc_max(r->png, 1 << 20);
  png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, nullptr, 0);
  png_read_info(r->png, r->info);
  return true;
}

/// Asks for grey, colours or indices of 8 bits each; grey of 16 bits stays as it is.
bool ask_for_bytes(Reading* r) {
  if (setjmp(png_jmpbuf(r->png))) return false;
  const int type = png_get_color_type(r->png, r->info), depth = png_get_bit_depth(r->png, r->info);
  if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(r->png);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_packing(r->png);
  if (type != PNG_COLOR_TYPE_GRAY) png_set_strip_16(r->png);
  if ((type & PNG_COLOR_MASK_ALPHA) != 0) png_set_strip_alpha(r->png);
  png_set_interlace_handling(r->png);
  png_read_update_info(r->png, r->info);
  return true;
}

bool read_rows(Reading* r, png_bytepp rows) {
  if (setjmp(png_jmpbuf(r->png))) return false;
  png_read_image(r->png, rows);
  return true;
}

class Png {
 public:
  explicit Png(std::string_view file) : r_{nullptr, nullptr, file.data(), file.size(), 0, {}} {}
  ~Png() { png_destroy_read_struct(&r_.png, &r_.info, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  Result<Image> decode() {
    if (!read_header(&r_)) return damaged();
    const uint64_t width = png_get_image_width(r_.png, r_.info), height = png_get_image_height(r_.png, r_.info);
    WEFT_CHECK_OK(check_size(width, height));
    // Deflate expands a byte to at most 1032 bytes.
    if (height * png_get_rowbytes(r_.png, r_.info) / 1032 > r_.size) {
      return invalid("PNG: a file of {} bytes cannot hold {} x {} pixels", r_.size, width, height);
    }
    if (!ask_for_bytes(&r_)) return damaged();
    const bool wide = png_get_bit_depth(r_.png, r_.info) == 16,
               indexed = png_get_color_type(r_.png, r_.info) == PNG_COLOR_TYPE_PALETTE;
    const int64_t channels = png_get_channels(r_.png, r_.info);
    if (channels != 1 && channels != 3) return error(Code::kInternal, "PNG: {} channels", channels);
    Image image(static_cast<int64_t>(width), static_cast<int64_t>(height), wide ? 2 : channels);
    if (png_get_rowbytes(r_.png, r_.info) != width * static_cast<uint64_t>(image.channels))
      return error(Code::kInternal, "PNG: rows of another size");
    std::vector<png_bytep> rows;
    for (int64_t y = 0; y < image.height; ++y) rows.push_back(image.row(y));
    if (!read_rows(&r_, rows.data())) return damaged();
    WEFT_TRY(Image out, wide ? narrow(std::move(image)) : indexed ? colours(image) : std::move(image));
    out.keyed = keyed(indexed);
    return out;
  }

 private:
  Status damaged() const { return invalid("PNG: {}", r_.why[0] != '\0' ? r_.why : "no memory"); }

  /// Whether one colour is transparent; in a palette, as Pillow sees it, only if all others are opaque.
  bool keyed(bool indexed) const {
    png_bytep alpha = nullptr;
    int n = 0;
    if (png_get_tRNS(r_.png, r_.info, &alpha, &n, nullptr) == 0) return false;
    const auto is = [](png_byte v) { return [v](png_byte a) { return a == v; }; };
    return !indexed ||
           (std::count_if(alpha, alpha + n, is(0)) == 1 && std::count_if(alpha, alpha + n, is(255)) == n - 1);
  }

  /// Clamps grey of 16 bits at 255, as Pillow does.
  static Image narrow(Image image) {
    for (std::size_t i = 0; 2 * i < image.samples.size(); ++i)
      image.samples[i] = image.samples[2 * i] != 0 ? 255 : image.samples[2 * i + 1];
    image.channels = 1;
    image.samples.resize(static_cast<std::size_t>(image.width * image.height));
    return image;
  }

  Result<Image> colours(const Image& indices) const {
    png_colorp palette = nullptr;
    int size = 0;
    png_get_PLTE(r_.png, r_.info, &palette, &size);
    Image image(indices.width, indices.height, 3);
    for (std::size_t i = 0; i < indices.samples.size(); ++i) {
      const int index = indices.samples[i];
      if (index >= size) return invalid("PNG: a pixel of colour {}, the palette has {}", index, size);
      const png_color& c = palette[index];
      image.samples[3 * i] = c.red, image.samples[3 * i + 1] = c.green, image.samples[3 * i + 2] = c.blue;
    }
    return image;
  }

  Reading r_;
};

}  // namespace

Result<Image> decode_png(std::string_view file) { return Png(file).decode(); }

}  // namespace weft
