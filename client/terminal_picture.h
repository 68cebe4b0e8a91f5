#pragma once

#include <string>

#include "media/codec/i420_image.h"

namespace sluice::client {

/// Size of a terminal in characters.
struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

/// The size of the terminal behind `descriptor`, or 80x24 when it is none.
[[nodiscard]] TerminalSize terminal_size(int descriptor);

/// The picture as text for a terminal with 24-bit colours: each character cell shows two pixels,
/// one above the other, with the half block U+2580. It keeps its shape, fills what it can of `size`
/// (whose last row is left free) and begins at the upper left corner of the screen.
[[nodiscard]] std::string terminal_picture(const media::I420Image& image, TerminalSize size);

}  // namespace sluice::client
