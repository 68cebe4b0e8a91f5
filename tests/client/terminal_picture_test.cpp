#include "client/terminal_picture.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::client {
namespace {

TEST(TerminalPicture, KeepsItsShapeAndLeavesTheLastRowFree) {
  const std::string text =
      terminal_picture(media::I420Image{640, 360}, {.columns = 80, .rows = 24});
  // 80 columns of square half cells are 45 high: 22 rows of two.
  EXPECT_EQ(std::ranges::count(text, '\n'), 22);
  const std::string narrow =
      terminal_picture(media::I420Image{640, 360}, {.columns = 80, .rows = 10});
  EXPECT_EQ(std::ranges::count(narrow, '\n'), 9);
}

TEST(TerminalPicture, ShowsTheColours) {
  media::I420Image red{64, 32};
  std::ranges::fill(red.plane(0), std::uint8_t{81});
  std::ranges::fill(red.plane(1), std::uint8_t{90});
  std::ranges::fill(red.plane(2), std::uint8_t{240});
  const std::string text = terminal_picture(red, {.columns = 20, .rows = 10});
  EXPECT_NE(text.find("\x1b[38;2;25"), std::string::npos) << text;
}

TEST(TerminalPicture, StandsTheSmallestTerminal) {
  EXPECT_FALSE(terminal_picture(media::I420Image{3, 3}, {.columns = 1, .rows = 1}).empty());
  EXPECT_FALSE(terminal_picture(media::I420Image{1, 1}, {.columns = 500, .rows = 200}).empty());
}

}  // namespace
}  // namespace sluice::client
