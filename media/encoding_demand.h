#pragma once

#include <algorithm>
#include <cstddef>

#include "media/time.h"

namespace sluice::media {

/// How many encodings of a simulcast track, counted from the smallest, its publisher is told to
/// make, and when it is told.
///
/// More are demanded at once. Fewer only when none of the others was wanted for `kFewerAfter`:
/// sizes flicker while a window is dragged, a viewer's connection comes back, and an encoding that
/// was stopped costs a keyframe. The smallest is always demanded, so that whoever comes next finds
/// a picture in the cache.
///
/// Bound:  at most one decrease each `kFewerAfter`, and one increase for each decrease.
/// Owner:  the route of the track on its publisher's shard.
/// Source: docs/protocol.md 4.6.
class EncodingDemand {
 public:
  static constexpr Duration kFewerAfter = std::chrono::seconds{2};

  /// Of a track with so many encodings, one or more. Before it is told anything else, a publisher
  /// makes them all.
  explicit EncodingDemand(std::size_t all) : all_(all), told_(all), wanted_(all) {}

  /// What anybody wants now (`WantedEncodings::most`); may be said again at any time.
  void want(std::size_t encodings, Time now) {
    wanted_ = std::clamp<std::size_t>(encodings, 1, all_);
    if (wanted_ >= told_) {
      fewer_at_ = Time::max();
    } else if (fewer_at_ == Time::max()) {
      wait_for_fewer(now);
    } else {
      most_meanwhile_ = std::max(most_meanwhile_, wanted_);
    }
  }

  /// True when the publisher must be told `encodings` now.
  [[nodiscard]] bool poll(Time now) {
    if (now < deadline()) return false;
    if (wanted_ > told_) {
      told_ = wanted_;
      return true;
    }
    told_ = most_meanwhile_;
    fewer_at_ = Time::max();
    // What was wanted for a moment while the time ran has a time of its own.
    if (wanted_ < told_) wait_for_fewer(now);
    return true;
  }
  /// When to call `poll` next; `Time::max()` while the publisher knows what is wanted.
  [[nodiscard]] Time deadline() const { return wanted_ > told_ ? Time::min() : fewer_at_; }

  /// What the publisher was told last, or began with.
  [[nodiscard]] std::size_t encodings() const { return told_; }

 private:
  void wait_for_fewer(Time now) {
    fewer_at_ = now + kFewerAfter;
    most_meanwhile_ = wanted_;
  }

  std::size_t all_;
  std::size_t told_;
  std::size_t wanted_;
  std::size_t most_meanwhile_ = 0;  ///< while `fewer_at_` is awaited
  Time fewer_at_ = Time::max();
};

}  // namespace sluice::media
