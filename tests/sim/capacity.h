#pragma once

#include <cstdint>
#include <vector>

#include "media/time.h"

namespace sluice::sim {

using media::Duration;
using media::Time;

/// What a link can carry over time: bits a second, constant in pieces, repeating at its end.
///
/// Time zero is `Time{}`.
class Capacity {
 public:
  struct Piece {
    Duration length{};
    double bits_per_second = 0;
  };

  explicit Capacity(std::vector<Piece> pieces);
  static Capacity constant(double bits_per_second);

  /// When `bytes` have passed if their first begins at `from`; an hour later when they never do.
  [[nodiscard]] Time finish(Time from, std::size_t bytes) const;
  /// Bytes that pass between two moments.
  [[nodiscard]] double bytes_between(Time from, Time to) const;
  /// The link's whole length before it repeats.
  [[nodiscard]] Duration length() const { return length_; }

 private:
  std::vector<Piece> pieces_;
  std::vector<Duration> starts_;
  Duration length_{};
};

}  // namespace sluice::sim
