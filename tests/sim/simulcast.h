#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "media/invariant.h"

namespace sluice::sim {

/// What one simulcast encoding costs and is worth, as shares of the largest.
///
/// A picture of half the width and height has a quarter of the pixels and needs about three tenths
/// of the bits; a viewer loses less than that. The values are ours to set: they say that half the
/// size is worth 0.7 and a quarter of it 0.45 of a full picture, so that a smaller picture that
/// moves always beats a large one that stands still.
struct EncodingShape {
  double rate = 1;
  double value = 1;
};

/// The encodings of a camera that publishes `count` of them (1 to 3), smallest first: the index is
/// the EncodingId.
[[nodiscard]] inline std::span<const EncodingShape> simulcast(int count) {
  static constexpr std::array<EncodingShape, 3> kShapes{{
      {.rate = 0.1, .value = 0.45},
      {.rate = 0.3, .value = 0.7},
      {.rate = 1, .value = 1},
  }};
  invariant(count >= 1 && count <= 3, "a camera has one to three encodings");
  return std::span{kShapes}.last(static_cast<std::size_t>(count));
}

}  // namespace sluice::sim
