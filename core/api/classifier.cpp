// The C API of classifiers: texts and images to labels.
#include <algorithm>

#include "core/api/task_objects.hpp"
#include "core/image/decode.hpp"
#include "core/tasks/classifier.hpp"

using namespace weft;

struct weft_classifier : TaskObject<Classifier, std::vector<Classified>> {
  /// `out`: room for as many as `given` has.
  void give(weft_classes* out) const {
    for (const Classified& c : given) *out++ = {c.scores.data(), c.logits.data(), c.logits.size(), c.label};
  }
};

extern "C" {

weft_status* weft_classifier_load(weft_runtime* runtime, const char* handle, const weft_model_options* given,
                                  weft_classifier** out) {
  WEFT_NEED(runtime);
  WEFT_NEED(handle);
  WEFT_NEED(out);
  const auto prepare = [](LoadOptions& o) { o.roles = {WEFT_ROLE_CLASSIFY_SEQUENCE}; };
  return guard_abi([&] { return load_task(runtime, handle, given, prepare, Classifier::create, out); });
}

void weft_classifier_free(weft_classifier* c) { delete c; }
const char* weft_classifier_summary(const weft_classifier* c) { return c ? c->summary.c_str() : ""; }
uint32_t weft_classifier_takes_images(const weft_classifier* c) { return c && c->task.takes_images() ? 1 : 0; }
uint64_t weft_classifier_labels(const weft_classifier* c) { return c ? c->task.labels().names.size() : 0; }

weft_status* weft_classifier_label(const weft_classifier* classifier, uint64_t index, weft_str* out) {
  WEFT_NEED(classifier);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    const auto& names = classifier->task.labels().names;
    if (index >= names.size()) return error(Code::kOutOfRange, "label {} of {}", index, names.size());
    *out = to_str(names[index]);
    return {};
  });
}

weft_status* weft_classifier_text(weft_classifier* classifier, weft_str text, weft_classes* out) {
  return weft_classifier_texts(classifier, &text, nullptr, 1, nullptr, out);
}

weft_status* weft_classifier_pair(weft_classifier* classifier, weft_str text, weft_str pair, weft_classes* out) {
  return weft_classifier_texts(classifier, &text, &pair, 1, nullptr, out);
}

weft_status* weft_classifier_texts(weft_classifier* classifier, const weft_str* texts, const weft_str* pairs,
                                   uint64_t n, const weft_limits* given, weft_classes* out) {
  WEFT_NEED(classifier);
  WEFT_NEED_ARRAY(texts, n);
  WEFT_NEED_ARRAY(out, n);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    WEFT_TRY(const auto first, views_of("weft_classifier_texts", texts, n));
    WEFT_TRY(const auto second, views_of("weft_classifier_texts, pairs", pairs, pairs != nullptr ? n : 0));
    std::vector<ClassifiedText> all;
    for (uint64_t i = 0; i < n; ++i) all.push_back({first[i]});
    for (uint64_t i = 0; i < second.size(); ++i) all[i].pair = second[i];
    WEFT_TRY(classifier->given, classifier->task.classify_texts(all, batch_options(limits)));
    classifier->give(out);
    return {};
  });
}

weft_status* weft_classifier_file(weft_classifier* classifier, const void* data, uint64_t size, weft_classes* out) {
  return weft_classifier_file_with(classifier, data, size, nullptr, out);
}

weft_status* weft_classifier_file_with(weft_classifier* classifier, const void* data, uint64_t size,
                                       const weft_limits* given, weft_classes* out) {
  WEFT_NEED(classifier);
  WEFT_NEED_ARRAY(data, size);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    WEFT_TRY(Classified c, classifier->task.classify_file({static_cast<const char*>(data), size},
                                                                [&] { return limits.check(); }));
    classifier->given = {std::move(c)};
    classifier->give(out);
    return {};
  });
}

weft_status* weft_classifier_pixels(weft_classifier* classifier, const uint8_t* rgb, uint64_t width, uint64_t height,
                                    uint64_t row_bytes, weft_classes* out) {
  return weft_classifier_pixels_with(classifier, rgb, width, height, row_bytes, nullptr, out);
}

weft_status* weft_classifier_pixels_with(weft_classifier* classifier, const uint8_t* rgb, uint64_t width,
                                         uint64_t height, uint64_t row_bytes, const weft_limits* given,
                                         weft_classes* out) {
  WEFT_NEED(classifier);
  WEFT_NEED(rgb);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    WEFT_CHECK_OK(check_size(width, height));
    if (row_bytes < 3 * width) return invalid("rows of {} bytes, {} pixels take {}", row_bytes, width, 3 * width);
    Image image(static_cast<int64_t>(width), static_cast<int64_t>(height), 3);
    for (uint64_t y = 0; y < height; ++y)
      std::copy_n(rgb + y * row_bytes, 3 * width, image.row(static_cast<int64_t>(y)));
    WEFT_TRY(Classified c, classifier->task.classify_image(image, [&] { return limits.check(); }));
    classifier->given = {std::move(c)};
    classifier->give(out);
    return {};
  });
}

}  // extern "C"
