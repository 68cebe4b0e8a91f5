#pragma once

#include <cstdint>
#include <span>

namespace sluice::media {

/// The level of some samples in minus dBov: 0 is a full-scale square wave, 127 is silence.
/// Source: RFC 6464 section 3.
[[nodiscard]] std::uint8_t audio_level(std::span<const std::int16_t> samples);

}  // namespace sluice::media
