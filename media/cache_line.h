#pragma once

#include <cstddef>

namespace sluice::media {

/// How far apart two variables must be that different threads write.
///
/// A cache line is 64 bytes on x86-64 and on most AArch64 cores, but Intel's spatial prefetcher
/// fetches lines in pairs and Apple's cores have lines of 128, so 64 would still share.
/// std::hardware_destructive_interference_size may differ between two compilations that exchange
/// such an object, which g++ warns of (-Winterference-size); a constant of ours cannot.
inline constexpr std::size_t kCacheLinePairBytes = 128;

}  // namespace sluice::media
