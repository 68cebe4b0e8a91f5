#pragma once

#include <cstdint>
#include <optional>

#include "media/codec/i420_image.h"

namespace sluice::client {

/// What the barcode strip in the top rows of a test picture says.
struct Barcode {
  std::uint8_t sender = 0;
  std::uint16_t frame = 0;
  friend bool operator==(const Barcode&, const Barcode&) = default;
};

/// Draws `barcode` over the top rows: 30 cells of equal width, the strip a twelfth of the height
/// high but at least 8 rows.
///
/// Cells: white, 8 bits of the sender, 16 of the frame, 4 of their check (the exclusive or of their
/// six nibbles), black; most significant bit first, white is 1. It survives VP8 at 150 kbit/s.
void draw_barcode(media::I420Image& image, const Barcode& barcode);

/// Reads a strip that `draw_barcode` drew, perhaps scaled; empty when there is none or its check
/// does not hold.
[[nodiscard]] std::optional<Barcode> read_barcode(const media::I420Image& image);

}  // namespace sluice::client
