#include "client/terminal_picture.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace sluice::client {
namespace {

struct Rgb {
  int red = 0;
  int green = 0;
  int blue = 0;
  friend bool operator==(const Rgb&, const Rgb&) = default;
};

/// The mean colour of the pixels that fall into one cell of a `columns` x `rows` grid.
Rgb cell_colour(const media::I420Image& image, int column, int columns, int row, int rows) {
  const int left = column * image.width() / columns;
  const int right = std::max(left + 1, (column + 1) * image.width() / columns);
  const int top = row * image.height() / rows;
  const int bottom = std::max(top + 1, (row + 1) * image.height() / rows);
  int luma = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) luma += image.row(0, y)[static_cast<std::size_t>(x)];
  }
  const double y = 1.164 * (luma / static_cast<double>((right - left) * (bottom - top)) - 16);
  const auto chroma_x = static_cast<std::size_t>((left + right) / 4);
  const int chroma_y = std::min((top + bottom) / 4, image.chroma_height() - 1);
  const int u = image.row(1, chroma_y)[std::min(chroma_x, image.row(1, 0).size() - 1)] - 128;
  const int v = image.row(2, chroma_y)[std::min(chroma_x, image.row(2, 0).size() - 1)] - 128;
  const auto byte = [](double value) {
    return static_cast<int>(std::clamp(std::lround(value), 0L, 255L));
  };
  // ITU-R BT.601, limited range.
  return {.red = byte(y + 1.596 * v),
          .green = byte(y - 0.392 * u - 0.813 * v),
          .blue = byte(y + 2.017 * u)};
}

void set_colour(std::string& text, char layer, const Rgb& colour) {
  std::array<char, 32> sequence;
  const int length = std::snprintf(sequence.data(), sequence.size(), "\x1b[%c8;2;%d;%d;%dm", layer,
                                   colour.red, colour.green, colour.blue);
  text.append(sequence.data(), static_cast<std::size_t>(length));
}

}  // namespace

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .rows = size.ws_row};
}

std::string terminal_picture(const media::I420Image& image, TerminalSize size) {
  // A cell is about twice as high as wide, so half of it is a square pixel.
  const double scale = std::min(static_cast<double>(size.columns) / image.width(),
                                2.0 * (size.rows - 1) / image.height());
  const int columns = std::clamp(static_cast<int>(image.width() * scale), 1, size.columns);
  const int rows =
      std::clamp(static_cast<int>(image.height() * scale / 2), 1, std::max(1, size.rows - 1));
  std::string text = "\x1b[H";
  for (int row = 0; row < rows; ++row) {
    Rgb above_before{.red = -1};
    Rgb below_before{.red = -1};
    for (int column = 0; column < columns; ++column) {
      const Rgb above = cell_colour(image, column, columns, 2 * row, 2 * rows);
      const Rgb below = cell_colour(image, column, columns, 2 * row + 1, 2 * rows);
      if (above != above_before) set_colour(text, '3', above);
      if (below != below_before) set_colour(text, '4', below);
      above_before = above;
      below_before = below;
      text += "\u2580";
    }
    text += "\x1b[0m\x1b[K\r\n";
  }
  return text;
}

}  // namespace sluice::client
