#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "signaling/ids.h"

namespace sluice::signaling {

/// Gives out the 16-bit track handles of one room.
///
/// Handles count up from 1 and wrap after 65535, so that one is used again as late as possible: a
/// straggling chunk of a track that ended then meets no handle, or an old one, but not a new track.
/// Handles in use are skipped; 0 is never given out.
class HandleAllocator {
 public:
  /// Nothing when all 65535 are in use.
  [[nodiscard]] std::optional<TrackHandle> allocate();
  void release(TrackHandle handle);

 private:
  static constexpr std::uint16_t kHandleMax = 65535;

  std::uint16_t next_ = 1;
  std::uint16_t used_count_ = 0;
  std::bitset<std::size_t{kHandleMax} + 1> used_;
};

}  // namespace sluice::signaling
