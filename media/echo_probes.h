#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "media/ring_deque.h"
#include "media/time.h"

namespace sluice::media {

/// Asks a receiver that does not report how far it has read.
///
/// A `ping` comes to the application behind all that was written before it, through every kernel
/// and every proxy on the way, and everybody answers pings: its `pong` says that all of that has
/// been read. That is what a report says (`ReceiverProgress`), and at once, where reports gather
/// for a while. The first goes before any media, so that it finds the way empty.
///
/// Bound:    `kUnansweredMost`; whoever has not answered so many is not asked again until it does.
/// Source:   docs/protocol.md section 4.9.
class EchoProbes {
 public:
  /// Other pings have smaller numbers.
  static constexpr std::uint64_t kFirstId = std::uint64_t{1} << 32;
  static constexpr std::size_t kUnansweredMost = 32;
  static constexpr Duration kPatience = std::chrono::seconds{1};

  struct Answer {
    std::uint64_t read = 0;  ///< bytes of media
    Duration delay{};        ///< since the ping was written
  };

  [[nodiscard]] bool never_asked() const { return next_id_ == kFirstId; }
  /// Everything that was asked was answered, or will hardly be.
  [[nodiscard]] bool settled(Time now) const {
    return unanswered_.empty() || now > unanswered_.front().at + kPatience;
  }
  [[nodiscard]] bool asked_once() const { return next_id_ == kFirstId + 1; }
  /// Something was written since the last ping.
  [[nodiscard]] bool news(std::uint64_t written) const { return written > asked_up_to_; }
  /// The last ping is `interval` ago, and there is room for one.
  [[nodiscard]] bool due(Duration interval, Time now) const {
    return now >= asked_ + interval && unanswered_.size() < kUnansweredMost;
  }
  /// A ping goes out behind `written` bytes of media; returns its number.
  std::uint64_t ask(std::uint64_t written, Time now);
  /// A pong came. Nothing when this ping was not asked, or one after it was answered before.
  std::optional<Answer> answered(std::uint64_t id, Time now);

 private:
  struct Question {
    std::uint64_t written = 0;
    Time at{};
  };

  RingDeque<Question> unanswered_;  ///< the newest last
  std::uint64_t next_id_ = kFirstId;
  std::uint64_t asked_up_to_ = 0;
  Time asked_ = Time::min();
};

}  // namespace sluice::media
