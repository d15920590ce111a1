// Turns images into a model's input, as its preprocessor_config.json says.
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
    int64_t height = 0, width = 0;          // both of them, or
    int64_t shortest = 0, longest = 0;      // the short side, and the most for the long side (0: no limit), or
    int64_t max_height = 0, max_width = 0;  // as large as fits into both
  };

  std::optional<Size> size;  // the size that the image is resized to; none: it is not
  Filter filter = Filter::kBilinear;
  std::optional<Size> crop;             // height and width of the middle that is cut out; outside of the image it is 0
  bool rgb = false;                     // the processor converts to colours itself, and makes transparency white
  double rescale = 1;                   // multiplies the samples, which are 0 to 255
  std::vector<double> mean, deviation;  // one for each channel or one for all; empty: no normalisation

  /// Reads preprocessor_config.json; errors name the file `where`. Absent keys have the defaults of the image processor
  /// of transformers that the file names. Known keys with values that are not implemented, unknown keys and other
  /// processors are refused by name.
  static Result<Preprocess> read(const Json& config, const std::string& where);

  /// Writes the image to `out`, [channels, height, width]. UNIMPLEMENTED: a transparent colour would have to become
  /// white. INVALID_ARGUMENT: the processor makes another size than the model takes.
  Status run(const Image& image, int64_t channels, int64_t height, int64_t width, float* out) const;
};

}  // namespace weft
