#include "client/wav_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <string_view>

namespace sluice::client {
namespace {

constexpr std::uint32_t kPcm = 1;
constexpr std::uint32_t kFloat = 3;
constexpr std::uint32_t kExtensible = 0xFFFE;

std::uint32_t little_endian(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[i - 1]);
  }
  return value;
}

bool named(std::span<const std::byte> bytes, std::string_view name) {
  return bytes.size() >= name.size() && std::memcmp(bytes.data(), name.data(), name.size()) == 0;
}

struct Format {
  std::uint32_t encoding = 0;
  std::uint32_t channels = 0;
  std::uint32_t sample_rate = 0;
  std::uint32_t bits = 0;
};

std::expected<Format, std::string> parse_format(std::span<const std::byte> body) {
  if (body.size() < 16) return std::unexpected(std::string{"the WAV file's format is cut off"});
  Format format{.encoding = little_endian(body.first(2)),
                .channels = little_endian(body.subspan(2, 2)),
                .sample_rate = little_endian(body.subspan(4, 4)),
                .bits = little_endian(body.subspan(14, 2))};
  // The true encoding stands at the front of the sub-format's GUID.
  if (format.encoding == kExtensible && body.size() >= 26) {
    format.encoding = little_endian(body.subspan(24, 2));
  }
  const bool pcm = format.encoding == kPcm && (format.bits == 8 || format.bits == 16 ||
                                               format.bits == 24 || format.bits == 32);
  const bool floating = format.encoding == kFloat && format.bits == 32;
  if (!pcm && !floating) {
    return std::unexpected(
        std::string{"the WAV file is neither PCM of 8 to 32 bits nor 32-bit floating point"});
  }
  if (format.channels < 1 || format.channels > 8) {
    return std::unexpected(std::string{"the WAV file does not have 1 to 8 channels"});
  }
  if (format.sample_rate < 8'000 || format.sample_rate > 192'000) {
    return std::unexpected(std::string{"the WAV file's sample rate is not 8 to 192 kHz"});
  }
  return format;
}

float sample_of(std::span<const std::byte> bytes, const Format& format) {
  const std::uint32_t raw = little_endian(bytes);
  if (format.encoding == kFloat) {
    const auto value = std::bit_cast<float>(raw);
    return std::isfinite(value) ? std::clamp(value, -1.0F, 1.0F) : 0.0F;
  }
  if (format.bits == 8) return (static_cast<float>(raw) - 128.0F) / 128.0F;
  // The sample's top bit goes to bit 31, so that the sign comes of itself.
  const auto full = static_cast<std::int32_t>(raw << (32U - format.bits));
  return static_cast<float>(full) / 2147483648.0F;
}

}  // namespace

std::expected<WavSound, std::string> parse_wav(std::span<const std::byte> file) {
  if (!named(file, "RIFF") || file.size() < 12 || !named(file.subspan(8), "WAVE")) {
    return std::unexpected(std::string{"the file is not a WAV file"});
  }
  std::optional<Format> format;
  std::span<const std::byte> rest = file.subspan(12);
  while (rest.size() >= 8) {
    const std::size_t claimed = little_endian(rest.subspan(4, 4));
    const bool data = named(rest, "data");
    const bool description = named(rest, "fmt ");
    rest = rest.subspan(8);
    const auto body = rest.first(std::min(claimed, rest.size()));
    if (description) {
      const auto parsed = parse_format(body);
      if (!parsed) return std::unexpected(parsed.error());
      format = *parsed;
    }
    if (data) {
      if (!format)
        return std::unexpected(std::string{"the WAV file has no format before its data"});
      WavSound sound{.sample_rate = static_cast<int>(format->sample_rate),
                     .channels = static_cast<int>(format->channels),
                     .samples = {}};
      const std::size_t width = format->bits / 8;
      const std::size_t frame_bytes = width * format->channels;
      const std::size_t used = body.size() / frame_bytes * frame_bytes;
      sound.samples.reserve(used / width);
      for (std::size_t at = 0; at < used; at += width) {
        sound.samples.push_back(sample_of(body.subspan(at, width), *format));
      }
      if (sound.samples.empty())
        return std::unexpected(std::string{"the WAV file is silent: no samples"});
      return sound;
    }
    // Chunks are padded to an even length.
    rest = rest.subspan(std::min(body.size() + (claimed & 1U), rest.size()));
  }
  return std::unexpected(std::string{"the WAV file has no data"});
}

std::vector<std::int16_t> resample_to_mono(const WavSound& sound, int sample_rate) {
  const auto channels = static_cast<std::size_t>(sound.channels);
  const std::size_t count = sound.samples.size() / channels;
  std::vector<float> mono(count);
  for (std::size_t i = 0; i < count; ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c) sum += sound.samples[i * channels + c];
    mono[i] = sum / static_cast<float>(channels);
  }
  const double step = static_cast<double>(sound.sample_rate) / sample_rate;
  // A windowed sinc, sixteen of the slower rate's samples to either side, cut off at the lower of
  // the two Nyquist frequencies so that nothing folds back.
  const double cutoff = std::min(1.0, 1.0 / step);
  const double reach = 16.0 / cutoff;
  std::vector<std::int16_t> resampled(static_cast<std::size_t>(static_cast<double>(count) / step));
  for (std::size_t i = 0; i < resampled.size(); ++i) {
    const double centre = static_cast<double>(i) * step;
    const auto first = static_cast<std::ptrdiff_t>(std::ceil(centre - reach));
    const auto last = static_cast<std::ptrdiff_t>(std::floor(centre + reach));
    double sum = 0;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(first, 0);
         k <= std::min(last, static_cast<std::ptrdiff_t>(count) - 1); ++k) {
      const double distance = static_cast<double>(k) - centre;
      const double phase = std::numbers::pi * distance * cutoff;
      const double sinc = std::abs(phase) < 1e-9 ? 1.0 : std::sin(phase) / phase;
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * distance / reach);
      sum += mono[static_cast<std::size_t>(k)] * sinc * window * cutoff;
    }
    resampled[i] =
        static_cast<std::int16_t>(std::clamp(std::lround(sum * 32767.0), -32768L, 32767L));
  }
  return resampled;
}

}  // namespace sluice::client
