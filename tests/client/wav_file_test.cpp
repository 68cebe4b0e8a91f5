#include "client/wav_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <tuple>

namespace sluice::client {
namespace {

class WavBytes {
 public:
  WavBytes& text(std::string_view text) {
    for (const char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  WavBytes& number(std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_.push_back(static_cast<std::byte>(value >> 8 * i & 0xFF));
    return *this;
  }
  WavBytes& format(std::uint32_t encoding, std::uint32_t channels, std::uint32_t rate,
                   std::uint32_t bits) {
    text("RIFF").number(0, 4).text("WAVE").text("fmt ").number(16, 4);
    number(encoding, 2).number(channels, 2).number(rate, 4);
    return number(rate * channels * bits / 8, 4).number(channels * bits / 8, 2).number(bits, 2);
  }
  WavBytes& data(std::uint32_t length) { return text("data").number(length, 4); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

TEST(WavFile, ReadsEachWidthOfSample) {
  WavBytes eight;
  eight.format(1, 1, 8000, 8).data(2).number(0, 1).number(192, 1);
  ASSERT_TRUE(parse_wav(eight.bytes()));
  EXPECT_FLOAT_EQ(parse_wav(eight.bytes())->samples[0], -1.0F);
  EXPECT_FLOAT_EQ(parse_wav(eight.bytes())->samples[1], 0.5F);

  for (const std::uint32_t bits : {16U, 24U, 32U}) {
    WavBytes wide;
    wide.format(1, 2, 48000, bits).data(bits / 4);
    wide.number(1U << (bits - 2), static_cast<int>(bits / 8));
    wide.number(3U << (bits - 2), static_cast<int>(bits / 8));
    const auto sound = parse_wav(wide.bytes());
    ASSERT_TRUE(sound) << bits;
    EXPECT_EQ(sound->channels, 2);
    EXPECT_FLOAT_EQ(sound->samples[0], 0.5F) << bits;
    EXPECT_FLOAT_EQ(sound->samples[1], -0.5F) << bits;
  }

  WavBytes floating;
  const float value = 0.25F;
  std::uint32_t raw = 0;
  std::memcpy(&raw, &value, 4);
  floating.format(3, 1, 44100, 32).data(4).number(raw, 4);
  EXPECT_FLOAT_EQ(parse_wav(floating.bytes())->samples[0], 0.25F);
}

TEST(WavFile, SkipsOtherChunksAndTakesADataChunkThatClaimsTooMuch) {
  WavBytes wav;
  wav.format(1, 1, 48000, 16).text("LIST").number(3, 4).text("abc").number(0, 1);
  wav.data(0xFFFFFFFF).number(16384, 2).number(7, 1);
  const auto sound = parse_wav(wav.bytes());
  ASSERT_TRUE(sound) << sound.error();
  ASSERT_EQ(sound->samples.size(), 1U);
  EXPECT_FLOAT_EQ(sound->samples[0], 0.5F);
}

TEST(WavFile, RefusesWhatItCannotRead) {
  EXPECT_FALSE(parse_wav({}));
  EXPECT_FALSE(parse_wav(WavBytes{}.text("RIFF____AVI ").bytes()));
  EXPECT_FALSE(parse_wav(WavBytes{}.format(1, 1, 48000, 16).bytes())) << "no data";
  EXPECT_FALSE(parse_wav(WavBytes{}.format(1, 1, 48000, 12).data(2).number(0, 2).bytes()));
  EXPECT_FALSE(parse_wav(WavBytes{}.format(85, 1, 48000, 16).data(2).number(0, 2).bytes()))
      << "mp3";
  EXPECT_FALSE(parse_wav(WavBytes{}.format(1, 0, 48000, 16).data(2).number(0, 2).bytes()));
  EXPECT_FALSE(parse_wav(WavBytes{}.format(1, 1, 1, 16).data(2).number(0, 2).bytes()));
}

TEST(WavFile, AFileCutAnywhereIsNeverReadPastItsEnd) {
  WavBytes wav;
  wav.format(1, 1, 48000, 16).text("LIST").number(2, 4).text("ab").data(4).number(0, 4);
  for (std::size_t length = 0; length < wav.bytes().size(); ++length) {
    std::ignore = parse_wav(wav.bytes().first(length));
  }
}

TEST(WavFile, ResamplingKeepsPitchAndLevel) {
  WavSound sound{.sample_rate = 44'100, .channels = 2, .samples = {}};
  for (int i = 0; i < 44'100; ++i) {
    const auto sample =
        static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * 1000.0 * i / 44'100));
    sound.samples.push_back(sample);
    sound.samples.push_back(sample);
  }
  const auto resampled = resample_to_mono(sound, 48'000);
  ASSERT_EQ(resampled.size(), 48'000U);
  double worst = 0;
  for (std::size_t i = 1000; i < 47'000; ++i) {  // away from the ends
    const double exact =
        0.5 * std::sin(2 * std::numbers::pi * 1000.0 * static_cast<double>(i) / 48'000);
    worst = std::max(worst, std::abs(resampled[i] / 32767.0 - exact));
  }
  EXPECT_LT(worst, 0.005);
}

}  // namespace
}  // namespace sluice::client
