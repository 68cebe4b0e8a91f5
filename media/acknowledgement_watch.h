#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/ring_deque.h"
#include "media/time.h"

namespace sluice::media {

/// How long the newest byte took that the peer's kernel has acknowledged, by the sender's own
/// books: when it was written, and which look at the socket found it acknowledged.
///
/// The kernel's smoothed round trip (RFC 6298 section 2) moves by an eighth of each measurement: it
/// shows a queue late, and goes on showing it when it has gone. It is also measured from the first
/// of the bytes that an acknowledgement covers, and so holds the time for which the receiver
/// gathered them; this is of the last.
///
/// What was written before a repetition may have waited for that, not in a queue, and tells
/// nothing.
///
/// Bound:    remembers 128 writes on their way; when full, the newest takes the bytes of the next
///           over, and nothing is learned until they are acknowledged.
/// Source:   docs/decisions/0024-delay-by-our-own-books.md.
class AcknowledgementWatch {
 public:
  /// `bytes` went to the kernel. What a transport adds to them unseen, as TLS does, makes the delay
  /// look longer by its share of what is on its way.
  void wrote(std::size_t bytes, Time now);
  /// The kernel holds so many bytes, unsent or not acknowledged.
  void looked(std::size_t outstanding_bytes, Time now);
  /// Something was repeated, or an outage is over.
  void disturbed(Time now);
  /// Nothing will be asked for a while.
  void forget();

  /// So long it took at least: the look before the one that found it acknowledged had not. Of the
  /// last two intervals of `kGather` the smallest, so that one acknowledgement that was held up is
  /// no trend; nothing unless it is news.
  [[nodiscard]] std::optional<Duration> delay(Time now) const;

 private:
  struct Mark {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    Time at{};
  };
  static constexpr std::size_t kMarksMax = 128;
  static constexpr Duration kGather = std::chrono::milliseconds{20};
  static constexpr Duration kNews = std::chrono::milliseconds{100};

  void learn(Duration delay, Time now);

  RingDeque<Mark> marks_;
  std::uint64_t written_ = 0;
  std::uint64_t acked_ = 0;  ///< at the last look
  Time looked_{};
  Time measured_since_ = Time::min();  ///< what was written before shows no delay
  Time gathering_since_{};
  std::optional<Duration> gathered_;  ///< the smallest of this interval
  std::optional<Duration> before_;    ///< and of the one before
};

}  // namespace sluice::media
