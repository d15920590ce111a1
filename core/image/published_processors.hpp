// What image processors of transformers do where their files do not say. Data about published files.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image/preprocess.hpp"

namespace weft {

struct PublishedProcessor {
  std::string_view name;  // without what it ends with: ImageProcessor, FeatureExtractor...
  Preprocess::Size size;
  Filter filter;
  int64_t crop;  // 0: none
  const double *mean, *deviation;  // [3]
  bool square;  // a size that is one number is that of both sides, not of the shorter one
  bool rgb;
};

/// The first one is taken where a file names none.
std::span<const PublishedProcessor> published_processors();

}  // namespace weft
