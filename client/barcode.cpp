#include "client/barcode.h"

#include <algorithm>
#include <cmath>

namespace sluice::client {
namespace {

constexpr int kCells = 30;
constexpr int kBits = 28;
constexpr std::uint8_t kWhite = 235;
constexpr std::uint8_t kBlack = 16;
// Between the references, in steps of luma: less means that this is no barcode.
constexpr int kContrastMin = 80;

int strip_height(int picture_height) { return std::max(8, (picture_height + 6) / 12); }

std::uint32_t check_of(std::uint32_t sender_and_frame) {
  std::uint32_t check = 0;
  for (; sender_and_frame != 0; sender_and_frame >>= 4U) check ^= sender_and_frame & 0xFU;
  return check;
}

/// The mean luma of the nine pixels at the middle of a cell.
double brightness(const media::I420Image& image, int cell) {
  const int centre_x =
      static_cast<int>(std::lround((cell + 0.5) * image.width() / static_cast<double>(kCells)));
  const int centre_y = std::min(strip_height(image.height()) / 2, image.height() - 2);
  int sum = 0;
  for (int y = centre_y - 1; y <= centre_y + 1; ++y) {
    for (int x = centre_x - 1; x <= centre_x + 1; ++x) {
      const int clamped = std::clamp(x, 0, image.width() - 1);
      sum += image.row(0, std::max(y, 0))[static_cast<std::size_t>(clamped)];
    }
  }
  return sum / 9.0;
}

}  // namespace

void draw_barcode(media::I420Image& image, const Barcode& barcode) {
  const std::uint32_t value = static_cast<std::uint32_t>(barcode.sender) << 16U | barcode.frame;
  // White reference, 28 bits, black reference.
  const std::uint32_t cells = 1U << 29U | (value << 4U | check_of(value)) << 1U;
  const int rows = std::min(strip_height(image.height()), image.height());
  for (int y = 0; y < rows; ++y) {
    const auto row = image.row(0, y);
    for (std::size_t x = 0; x < row.size(); ++x) {
      const std::size_t cell = x * kCells / row.size();
      row[x] = (cells >> (29U - cell) & 1U) != 0 ? kWhite : kBlack;
    }
  }
  for (int plane = 1; plane < 3; ++plane) {
    for (int y = 0; y < (rows + 1) / 2; ++y)
      std::ranges::fill(image.row(plane, y), std::uint8_t{128});
  }
}

std::optional<Barcode> read_barcode(const media::I420Image& image) {
  if (image.width() < kCells || image.height() < 8) return std::nullopt;
  const double white = brightness(image, 0);
  const double black = brightness(image, kCells - 1);
  if (white - black < kContrastMin) return std::nullopt;
  std::uint32_t bits = 0;
  for (int bit = 0; bit < kBits; ++bit) {
    bits = bits << 1U | (brightness(image, bit + 1) > (white + black) / 2 ? 1U : 0U);
  }
  const std::uint32_t value = bits >> 4U;
  if ((bits & 0xFU) != check_of(value)) return std::nullopt;
  return Barcode{.sender = static_cast<std::uint8_t>(value >> 16U),
                 .frame = static_cast<std::uint16_t>(value)};
}

}  // namespace sluice::client
