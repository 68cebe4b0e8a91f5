#pragma once

#include <string_view>

#include "client/picture_painter.h"
#include "media/codec/i420_image.h"

namespace sluice::client {

/// Width in pixels of `text` painted `height` pixels high.
[[nodiscard]] double text_width(std::string_view text, double height);

/// Paints UTF-8 text as rounded strokes, its middle at (`x`, `y`), capitals `height` pixels high.
///
/// It knows A to Z, 0 to 9 and the punctuation of clocks and names; small letters become capitals,
/// anything else (an accent, another script) a small circle.
void paint_text(media::I420Image& image, std::string_view text, double x, double y, double height,
                YuvColour colour, double opacity = 1);

}  // namespace sluice::client
