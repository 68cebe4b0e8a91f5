#include "media/codec/temporal_pattern.h"

#include "media/invariant.h"

namespace sluice::media {
namespace {

using Reference = TemporalPlace::Reference;

constexpr TemporalPlace kBasePlace{.reads = Reference::kBase, .replaces = Reference::kBase};
constexpr std::array kOneLayer{kBasePlace};
constexpr std::array kTwoLayers{
    kBasePlace,
    TemporalPlace{.temporal_layer = 1, .discardable = true, .reads = Reference::kBase},
};
constexpr std::array kThreeLayers{
    kBasePlace,
    TemporalPlace{.temporal_layer = 2, .discardable = true, .reads = Reference::kBase},
    TemporalPlace{.temporal_layer = 1, .reads = Reference::kBase, .replaces = Reference::kMiddle},
    TemporalPlace{.temporal_layer = 2, .discardable = true, .reads = Reference::kMiddle},
};

std::span<const TemporalPlace> places(int layers) {
  switch (layers) {
    case 1:
      return kOneLayer;
    case 2:
      return kTwoLayers;
    default:
      return kThreeLayers;
  }
}

}  // namespace

TemporalPattern::TemporalPattern(int layers) : layers_{layers} {
  invariant(layers >= 1 && layers <= 3, "a temporal pattern has one to three layers");
}

TemporalPlace TemporalPattern::next(bool keyframe) const {
  if (keyframe || !started_) return {.keyframe = true, .replaces = Reference::kBase};
  TemporalPlace place = places(layers_)[static_cast<std::size_t>(position_)];
  place.dependency_delta = place.reads == Reference::kMiddle ? middle_age_ : base_age_;
  return place;
}

void TemporalPattern::advance(const TemporalPlace& place) {
  started_ = true;
  if (place.keyframe) position_ = 0;
  ++base_age_;
  ++middle_age_;
  if (place.replaces == Reference::kBase) base_age_ = 1;
  if (place.replaces == Reference::kMiddle) middle_age_ = 1;
  position_ = (position_ + 1) % static_cast<int>(places(layers_).size());
}

}  // namespace sluice::media
