#include "core/image/preprocess.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/base/error.hpp"
#include "core/image/decode.hpp"
#include "core/image/published_processors.hpp"

namespace weft {
namespace {

using Size = Preprocess::Size;

class Reader {
 public:
  Reader(const Json& config, const std::string& where) : config_(config), where_(where) {}

  Result<const PublishedProcessor*> processor() {
    std::string name;
    for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
      const Json& v = get(key);
      if (v.is_null() || !name.empty()) continue;
      if (!v.is_string()) return wrong(key, "the name of an image processor");
      name = v.get<std::string>();
    }
    const std::span<const PublishedProcessor> known = published_processors();
    if (name.empty()) return &known.front();
    std::string_view bare = name;
    for (std::string_view end : {"Fast", "Pil", "ImageProcessor", "FeatureExtractor"}) {
      if (bare.ends_with(end)) bare.remove_suffix(end.size());
    }
    std::vector<std::string_view> names;
    for (const PublishedProcessor& p : known) {
      if (p.name == bare) return &p;
      names.push_back(p.name);
    }
    return error(Code::kUnimplemented, "{}: the image processor {} is not implemented, expected that of {}", where_,
                 name, fmt::join(names, ", "));
  }

  Result<bool> flag(const char* key, bool fallback) {
    const Json& v = get(key);
    if (v.is_null()) return fallback;
    if (!v.is_boolean()) return wrong(key, "true or false");
    return v.get<bool>();
  }

  Result<Filter> filter(Filter fallback) {
    const Json& v = get("resample");
    if (v.is_null()) return fallback;
    if (!v.is_number_integer() || v < 0 || v > 5)
      return wrong("resample", "0 to 5: nearest, lanczos, bilinear, bicubic, box or hamming");
    return static_cast<Filter>(v.get<int>());
  }

  Result<double> factor() {
    const Json& v = get("rescale_factor");
    if (v.is_null()) return 1.0 / 255;
    if (!v.is_number() || !std::isfinite(v.get<double>())) return wrong("rescale_factor", "a number");
    return v.get<double>();
  }

  Result<Size> size(const char* key, const Size& fallback, bool square) {
    const Json& v = get(key);
    if (v.is_null()) return fallback;
    if (v.is_number_integer() || v.is_array()) {
      const bool two = v.is_array();
      if ((two && v.size() != 2) || !side(two ? v[0] : v) || !side(two ? v[1] : v)) return wrong(key, kSizes);
      const auto first = (two ? v[0] : v).get<int64_t>(), second = (two ? v[1] : v).get<int64_t>();
      return two || square ? Size{.height = first, .width = second} : Size{.shortest = first};
    }
    Size s;
    const std::pair<const char*, int64_t*> known[] = {{"height", &s.height},          {"width", &s.width},
                                                      {"shortest_edge", &s.shortest}, {"longest_edge", &s.longest},
                                                      {"max_height", &s.max_height},  {"max_width", &s.max_width}};
    if (!v.is_object()) return wrong(key, kSizes);
    for (const auto& [name, value] : v.items()) {
      if (value.is_null()) continue;
      const auto* it =
          std::find_if(std::begin(known), std::end(known), [&, n = name](const auto& k) { return n == k.first; });
      if (it == std::end(known) || !side(value)) return wrong(key, kSizes);
      *it->second = value.get<int64_t>();
    }
    const int forms = (s.height > 0 && s.width > 0) + (s.shortest > 0) + (s.max_height > 0 && s.max_width > 0);
    const bool halves = (s.height > 0) != (s.width > 0) || (s.max_height > 0) != (s.max_width > 0) ||
                        (s.longest > 0 && s.shortest == 0);
    if (forms != 1 || halves) return wrong(key, kSizes);
    return s;
  }

  Result<std::vector<double>> channels(const char* key, const double* fallback) {
    const Json& v = get(key);
    if (v.is_null()) return std::vector<double>(fallback, fallback + 3);
    std::vector<double> all;
    for (const Json& x : v.is_array() ? v : Json::array({v})) {
      if (!x.is_number() || !std::isfinite(x.get<double>())) return wrong(key, "a number, or one for each channel");
      all.push_back(x.get<double>());
    }
    if (all.size() != 1 && all.size() != 3) return wrong(key, "a number, or one for each channel");
    return all;
  }

  /// Accepts keys that change nothing, then refuses every remaining key that has a value.
  Status finish() {
    for (const char* key :
         {"processor_class", "_processor_class", "_valid_processor_keys", "auto_map", "return_tensors",
          "input_data_format", "device", "disable_grouping", "image_processor_type", "feature_extractor_type"}) {
      known_.insert(key);
    }
    const Json& format = get("data_format");
    if (!format.is_null() && format != "channels_first") return wrong("data_format", "\"channels_first\"");
    for (const char* key :
         {"do_pad", "do_flip_channel_order", "do_reduce_labels", "reduce_labels", "use_square_size"}) {
      WEFT_TRY(const bool on, flag(key, false));
      if (on) return error(Code::kUnimplemented, "{}: {} is true, which is not implemented", where_, key);
    }
    for (const auto& [key, value] : config_.items()) {
      if (!known_.contains(key) && !value.is_null())
        return error(Code::kUnimplemented, "{}: the key {} is not known", where_, key);
    }
    return {};
  }

 private:
  static constexpr const char* kSizes =
      "an integer, [height, width], or an object of height and width, of shortest_edge with or without longest_edge, "
      "or of max_height and max_width, each at least 1 and at most 65535";

  const Json& get(const char* key) {
    static const Json kNull;
    known_.insert(key);
    const auto it = config_.find(key);
    return it != config_.end() ? *it : kNull;
  }
  static bool side(const Json& v) { return v.is_number_integer() && v >= 1 && v <= kMaxImageSide; }
  Status wrong(const char* key, const char* expected) const {
    std::string got = config_[key].dump(-1, ' ', true, Json::error_handler_t::replace);
    if (got.size() > 80) got = got.substr(0, 80) + "...";
    return invalid("{}: {} is {}, expected {}", where_, key, got, expected);
  }

  const Json& config_;
  const std::string& where_;
  std::set<std::string> known_;
};

/// The size that an image of `h` by `w` is resized to, rounded as transformers does.
Size resized(const Size& s, int64_t h, int64_t w) {
  const auto part = [](double a, double b, double c) { return static_cast<int64_t>(a * b / c); };
  if (s.height > 0) return s;
  const auto height = static_cast<double>(h), width = static_cast<double>(w);
  if (s.max_height > 0) {
    const double scale = std::min(static_cast<double>(s.max_height) / height, static_cast<double>(s.max_width) / width);
    return {.height = static_cast<int64_t>(height * scale), .width = static_cast<int64_t>(width * scale)};
  }
  const double low = std::min(height, width), high = std::max(height, width);
  double short_side = static_cast<double>(s.shortest), exact = short_side;
  const auto longest = static_cast<double>(s.longest);
  if (s.longest > 0 && high / low * short_side > longest) {
    exact = longest * low / high;
    short_side = std::nearbyint(exact);
  }
  const auto small = static_cast<int64_t>(short_side);
  if (s.longest > 0 && low == short_side) return {.height = h, .width = w};
  return w <= h ? Size{.height = part(exact, height, width), .width = small}
                : Size{.height = small, .width = part(exact, width, height)};
}

/// The middle of an image; where the image is smaller, the rest is 0.
Image middle(const Image& image, int64_t height, int64_t width) {
  // Half of what is left over is cut off before the middle; where the image is too small, the larger half is added
  // before it.
  const auto before = [](int64_t have, int64_t want) {
    return have >= want ? (have - want) / 2 : -((want - have + 1) / 2);
  };
  const int64_t top = before(image.height, height), left = before(image.width, width), C = image.channels;
  Image out(width, height, C);
  const int64_t begin = std::max<int64_t>(0, -left), end = std::min(width, image.width - left);
  for (int64_t y = std::max<int64_t>(0, -top); y < std::min(height, image.height - top); ++y) {
    std::copy_n(image.row(y + top) + (begin + left) * C, (end - begin) * C, out.row(y) + begin * C);
  }
  return out;
}

}  // namespace

Result<Preprocess> Preprocess::read(const Json& config, const std::string& where) {
  if (!config.is_object()) return invalid("{}: is not a JSON object", where);
  Reader r(config, where);
  WEFT_TRY(const PublishedProcessor* defaults, r.processor());
  Preprocess p;
  WEFT_TRY(p.rgb, r.flag("do_convert_rgb", defaults->rgb));
  WEFT_TRY(const bool square, r.flag("default_to_square", defaults->square));
  WEFT_TRY(const Size size, r.size("size", defaults->size, square));
  WEFT_TRY(const Size crop, r.size("crop_size", {.height = defaults->crop, .width = defaults->crop}, true));
  WEFT_TRY(const bool resizes, r.flag("do_resize", true));
  WEFT_TRY(const bool crops, r.flag("do_center_crop", defaults->crop > 0));
  WEFT_TRY(p.filter, r.filter(defaults->filter));
  if (resizes) p.size = size;
  if (crops) p.crop = crop;
  if (crops && crop.height == 0)
    return invalid("{}: do_center_crop is true and crop_size does not give height and width", where);
  WEFT_TRY(const double factor, r.factor());
  WEFT_TRY(const bool rescales, r.flag("do_rescale", true));
  if (rescales) p.rescale = factor;
  WEFT_TRY(p.mean, r.channels("image_mean", defaults->mean));
  WEFT_TRY(p.deviation, r.channels("image_std", defaults->deviation));
  WEFT_TRY(const bool normalises, r.flag("do_normalize", true));
  if (!normalises) p.mean.clear(), p.deviation.clear();
  WEFT_CHECK_OK(r.finish());
  return p;
}

Status Preprocess::run(const Image& given, int64_t channels, int64_t height, int64_t width, float* out) const {
  if (rgb && given.keyed)
    return error(
        Code::kUnimplemented,
        "do_convert_rgb is true and the image has a transparent colour: that it becomes white is not implemented");
  if (rgb && channels != 3)
    return error(Code::kUnimplemented, "do_convert_rgb is true and the model takes {} channel", channels);
  Image image = with_channels(given, channels);
  if (size) {
    const Size to = resized(*size, image.height, image.width);
    WEFT_CHECK_OK(
        check_size(static_cast<uint64_t>(to.width), static_cast<uint64_t>(to.height)).with_context("resized"));
    image = resize(image, to.width, to.height, filter);
  }
  if (crop) image = middle(image, crop->height, crop->width);
  if (image.height != height || image.width != width) {
    return invalid(
        "preprocessor_config.json makes {} x {} pixels of this image, expected {} x {} as the model takes them",
        image.width, image.height, width, height);
  }
  const auto C = static_cast<std::size_t>(channels);
  if (!mean.empty() && ((mean.size() != 1 && mean.size() != C) || (deviation.size() != 1 && deviation.size() != C))) {
    return invalid("preprocessor_config.json has image_mean and image_std of {} and {} channels, the model takes {}",
                   mean.size(), deviation.size(), C);
  }
  const auto pixels = static_cast<std::size_t>(height * width);
  for (std::size_t c = 0; c < C; ++c) {
    std::array<float, 256> value;
    for (std::size_t v = 0; v < value.size(); ++v) {
      value[v] = static_cast<float>(static_cast<double>(v) * rescale);
      if (!mean.empty()) {
        value[v] = (value[v] - static_cast<float>(mean[mean.size() == 1 ? 0 : c])) /
                   static_cast<float>(deviation[deviation.size() == 1 ? 0 : c]);
      }
    }
    for (std::size_t i = 0; i < pixels; ++i) out[c * pixels + i] = value[image.samples[i * C + c]];
  }
  return {};
}

}  // namespace weft
