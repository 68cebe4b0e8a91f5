#pragma once

#include "media/time.h"

namespace sluice::media {

/// Merges the keyframe requests of all subscribers of one encoding.
///
/// A keyframe costs the publisher several delta frames of bandwidth, so ten viewers who join
/// together must cost one keyframe. A merged request is late, never lost; a request that the
/// publisher did not answer with a keyframe is repeated.
///
/// Bound:  one request to the publisher each `min_interval`.
class KeyframeRequestLimiter {
 public:
  /// `retry_after`: how long to wait for the keyframe before asking once more.
  KeyframeRequestLimiter(Duration min_interval, Duration retry_after)
      : min_interval_(min_interval), retry_after_(retry_after) {}

  /// A subscriber needs a keyframe: it joined, lost what it depends on, or changes the encoding.
  void request() { wanted_ = true; }
  /// The publisher sent a keyframe: everybody who waits is served by it.
  void keyframe_arrived() {
    wanted_ = false;
    asked_ = false;
  }
  /// True when the publisher must be asked now.
  [[nodiscard]] bool poll(Time now) {
    if (now < deadline()) return false;
    asked_ = true;
    not_before_ = now + min_interval_;
    retry_at_ = now + retry_after_;
    return true;
  }
  /// When to call `poll` next; `Time::max()` while nothing is wanted.
  [[nodiscard]] Time deadline() const {
    if (!wanted_) return Time::max();
    return asked_ ? retry_at_ : not_before_;
  }

 private:
  Duration min_interval_;
  Duration retry_after_;
  Time not_before_ = Time::min();
  Time retry_at_ = Time::min();
  bool wanted_ = false;
  bool asked_ = false;  ///< the publisher was asked and has not answered yet
};

}  // namespace sluice::media
