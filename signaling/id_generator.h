#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "signaling/ids.h"

namespace sluice::signaling {

/// 64 random bits a call. The server's is a cryptographic generator, a test's counts or has a seed.
using RandomSource = std::function<std::uint64_t()>;

/// Makes the names that the server gives out: a prefix and 12 characters of `a-z2-7`.
///
/// 60 random bits: among a million names the chance that any two are equal is under 1 in 2 million.
class IdGenerator {
 public:
  explicit IdGenerator(RandomSource random);

  [[nodiscard]] ParticipantId participant();  ///< `PA_...`
  [[nodiscard]] TrackId track();              ///< `TR_...`
  [[nodiscard]] std::string identity();       ///< `guest-...`
  /// `LK_...`: twice as many random bits, since who guesses it is let in.
  [[nodiscard]] std::string lane_key();

 private:
  [[nodiscard]] std::string make(const char* prefix);

  RandomSource random_;
};

}  // namespace sluice::signaling
