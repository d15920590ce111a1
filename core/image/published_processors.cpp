#include "core/image/published_processors.hpp"

namespace weft {
namespace {

constexpr double kHalf[] = {0.5, 0.5, 0.5};
constexpr double kMean[] = {0.48145466, 0.4578275, 0.40821073}, kDeviation[] = {0.26862954, 0.26130258, 0.27577711};

}  // namespace

std::span<const PublishedProcessor> published_processors() {
  static constexpr PublishedProcessor kAll[] = {
      {"ViT", {.height = 224, .width = 224}, Filter::kBilinear, 0, kHalf, kHalf, true, false},
      {"DeiT", {.height = 256, .width = 256}, Filter::kBicubic, 224, kHalf, kHalf, true, false},
      {"Bit", {.shortest = 224}, Filter::kBicubic, 224, kMean, kDeviation, false, true},
      {"CLIP", {.shortest = 224}, Filter::kBicubic, 224, kMean, kDeviation, false, true},
  };
  return kAll;
}

}  // namespace weft
