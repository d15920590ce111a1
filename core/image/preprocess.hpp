// How images become a model's input, as its preprocessor_config.json says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.hpp"
#include "core/image/resample.hpp"
#include "weft/status.hpp"

namespace weft {

struct Preprocess {
  struct Size {
    int64_t height = 0, width = 0;          // both, or
    int64_t shortest = 0, longest = 0;      // the short side, and the most that the long one may have; 0: no limit
    int64_t max_height = 0, max_width = 0;  // or as large as fits
  };

  std::optional<Size> size;  // resized to
  Filter filter = Filter::kBilinear;
  std::optional<Size> crop;  // the middle is cut out, and what lies outside is 0: both of height and width
  bool rgb = false;  // it makes colours itself, and what is transparent white
  double rescale = 1;        // of samples 0 to 255
  std::vector<double> mean, deviation;  // one a channel or one for all; empty: not normalised

  /// `config` is preprocessor_config.json, errors name `where`. Keys that are absent have the default of the image
  /// processor that it names, which is one of transformers; known keys with values that are not implemented, other
  /// keys and other processors are refused by name.
  static Result<Preprocess> read(const Json& config, const std::string& where);

  /// To [channels, height, width]. UNIMPLEMENTED an image with a transparent colour that is to be white,
  /// INVALID_ARGUMENT where the processor makes another size than the model takes.
  Status run(const Image& image, int64_t channels, int64_t height, int64_t width, float* out) const;
};

}  // namespace weft
