#pragma once

#include "media/codec/i420_image.h"

namespace sluice::client {

/// The picture at half of its width and height, rounded up: each pixel the mean of four.
///
/// A box of two by two is all that halving needs: it takes away just what the smaller picture could
/// not show, at a cost far below that of encoding it.
[[nodiscard]] media::I420Image halve(const media::I420Image& picture);

/// The picture at another size, each pixel the nearest one.
///
/// For files that can hold one size only, when the picture changes its own.
[[nodiscard]] media::I420Image resize(const media::I420Image& picture, int width, int height);

}  // namespace sluice::client
