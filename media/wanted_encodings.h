#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/invariant.h"

namespace sluice::media {

/// How many encodings of one simulcast track are of use to those who are sent it.
///
/// Each of them has use for so many, counted from the smallest: the one that fills the size it
/// wants, and those below, which a slow link falls back to. 0 is somebody who is shown nothing.
///
/// Cost:   O(1) for a change, however many subscribe; 68 bytes.
class WantedEncodings {
 public:
  /// The header of a chunk has 4 bits for them.
  static constexpr std::size_t kEncodingsMax = 16;

  /// Somebody who wanted `before` encodings wants `after` from now on; who comes or goes changes
  /// from or to 0.
  void change(std::size_t before, std::size_t after) {
    invariant(before <= kEncodingsMax && after <= kEncodingsMax, "a track has no more encodings");
    if (before > 0) {
      invariant(wanting_[before] > 0, "who changes what it wants said before what that is");
      --wanting_[before];
    }
    if (after > 0) ++wanting_[after];
  }

  /// So many anybody wants at most; 0: nobody is shown anything.
  [[nodiscard]] std::size_t most() const {
    std::size_t most = kEncodingsMax;
    while (most > 0 && wanting_[most] == 0) --most;
    return most;
  }

 private:
  std::array<std::uint32_t, kEncodingsMax + 1> wanting_{};  ///< who, by how many; 0 is not counted
};

}  // namespace sluice::media
