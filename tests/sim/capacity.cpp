#include "tests/sim/capacity.h"

#include <algorithm>
#include <cmath>

#include "media/invariant.h"

namespace sluice::sim {
namespace {

constexpr Duration kNever = std::chrono::hours{1};

}  // namespace

Capacity::Capacity(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  for (const Piece& piece : pieces_) {
    invariant(piece.length > Duration::zero(), "a piece of a link has a length");
    starts_.push_back(length_);
    length_ += piece.length;
  }
  invariant(!pieces_.empty(), "a link has at least one piece");
}

Capacity Capacity::constant(double bits_per_second) {
  return Capacity{{{.length = std::chrono::hours{24}, .bits_per_second = bits_per_second}}};
}

Time Capacity::finish(Time from, std::size_t bytes) const {
  // The link is not open yet: it begins with its first piece.
  from = std::max(from, Time{});
  const Duration into = from.time_since_epoch() % length_;
  auto index =
      static_cast<std::size_t>(std::ranges::upper_bound(starts_, into) - starts_.begin() - 1);
  Duration offset = into - starts_[index];
  Time at = from;
  double bits = static_cast<double>(bytes) * 8;
  while (at - from < kNever) {
    const Piece& piece = pieces_[index];
    const Duration left = piece.length - offset;
    const double can = piece.bits_per_second * static_cast<double>(left.count()) / 1e6;
    if (can >= bits && piece.bits_per_second > 0) {
      // Rounded up: a link is never faster than it is, which the clairvoyant bound relies on.
      return at +
             Duration{static_cast<Duration::rep>(std::ceil(bits * 1e6 / piece.bits_per_second))};
    }
    bits -= can;
    at += left;
    offset = Duration::zero();
    index = (index + 1) % pieces_.size();
  }
  return from + kNever;
}

double Capacity::bytes_between(Time from, Time to) const {
  const Duration into = from.time_since_epoch() % length_;
  auto index =
      static_cast<std::size_t>(std::ranges::upper_bound(starts_, into) - starts_.begin() - 1);
  Duration offset = into - starts_[index];
  double bits = 0;
  while (from < to) {
    const Duration step = std::min(pieces_[index].length - offset, to - from);
    bits += pieces_[index].bits_per_second * static_cast<double>(step.count()) / 1e6;
    from += step;
    offset = Duration::zero();
    index = (index + 1) % pieces_.size();
  }
  return bits / 8;
}

}  // namespace sluice::sim
