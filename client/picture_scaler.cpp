#include "client/picture_scaler.h"

#include <algorithm>
#include <cstddef>

namespace sluice::client {

media::I420Image halve(const media::I420Image& picture) {
  media::I420Image half{(picture.width() + 1) / 2, (picture.height() + 1) / 2};
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? half.height() : half.chroma_height();
    const int source_rows = plane == 0 ? picture.height() : picture.chroma_height();
    for (int y = 0; y < rows; ++y) {
      const auto out = half.row(plane, y);
      // An odd side has no neighbour at its end: the last row or column stands for itself.
      const auto upper = picture.row(plane, std::min(2 * y, source_rows - 1));
      const auto lower = picture.row(plane, std::min(2 * y + 1, source_rows - 1));
      const std::size_t pairs = std::min(out.size(), upper.size() / 2);
      for (std::size_t x = 0; x < pairs; ++x) {
        const unsigned sum =
            unsigned{upper[2 * x]} + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1];
        out[x] = static_cast<std::uint8_t>((sum + 2) / 4);
      }
      for (std::size_t x = pairs; x < out.size(); ++x) {
        out[x] = static_cast<std::uint8_t>((unsigned{upper.back()} + lower.back() + 1) / 2);
      }
    }
  }
  return half;
}

media::I420Image resize(const media::I420Image& picture, int width, int height) {
  media::I420Image resized{width, height};
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? height : resized.chroma_height();
    const int source_rows = plane == 0 ? picture.height() : picture.chroma_height();
    for (int y = 0; y < rows; ++y) {
      const auto out = resized.row(plane, y);
      const auto in = picture.row(plane, y * source_rows / rows);
      for (std::size_t x = 0; x < out.size(); ++x) out[x] = in[x * in.size() / out.size()];
    }
  }
  return resized;
}

}  // namespace sluice::client
