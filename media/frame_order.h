#pragma once

#include "media/frame.h"

namespace sluice::media {

/// True when `number` comes after `than` in decode order, across the wrap at 2^32.
///
/// Source: serial number arithmetic, RFC 1982 section 3.2.
[[nodiscard]] constexpr bool is_newer(FrameNumber number, FrameNumber than) {
  return static_cast<std::int32_t>(number - than) > 0;
}

}  // namespace sluice::media
