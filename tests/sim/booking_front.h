#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sluice::sim {

/// A schedule so far: the link is booked up to its byte `booked`, for this worth.
struct Booking {
  double booked = 0;
  double worth = 0;
  std::uint32_t pictures = 0;  ///< in time
};

/// Schedules of which none is both cheaper and worth more than another.
class BookingFront {
 public:
  /// A candidate; call `settle` after the last.
  void add(const Booking& booking) { bookings_.push_back(booking); }

  /// Drops what another schedule is no worse than.
  void settle() {
    std::ranges::sort(bookings_, [](const Booking& left, const Booking& right) {
      return left.booked < right.booked ||
             (left.booked == right.booked && left.worth > right.worth);
    });
    std::size_t kept = 0;
    for (const Booking& booking : bookings_) {
      if (kept == 0 || booking.worth > bookings_[kept - 1].worth) bookings_[kept++] = booking;
    }
    bookings_.resize(kept);
  }

  /// The link's bytes before this one have passed, used or not.
  void pass(double byte) {
    for (Booking& booking : bookings_) booking.booked = std::max(booking.booked, byte);
    settle();
  }

  [[nodiscard]] const std::vector<Booking>& bookings() const { return bookings_; }

 private:
  std::vector<Booking> bookings_;
};

}  // namespace sluice::sim
