#pragma once

#include <cstddef>
#include <span>

namespace sluice::sfu {

/// True when `bytes` are well-formed UTF-8: no overlong forms, surrogates, or values over U+10FFFF.
/// Source: Unicode 15, table 3-7.
[[nodiscard]] bool is_utf8(std::span<const std::byte> bytes);

}  // namespace sluice::sfu
