#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "media/time.h"

namespace sluice::sfu {

/// Whether what an event loop measures of its sessions is its own doing: it has more to do than it
/// can, or something that they share (a proxy, the machine of all of them) is late.
///
/// A timer that runs late tells the first: all else of the loop is late by as much. Most sessions
/// congested at once tell the second: links become slow one by one. To schedule finely for each of
/// them, a look each 5 ms and small chunks, is work that makes either worse; a thousand subscribers
/// once lost most of their frames to it.
///
/// Owner: its shard. Cost: a comparison for each timer and each pump.
class Strain {
 public:
  /// A frame to a thousand subscribers takes 8 ms; what is late by more is no longer one turn.
  static constexpr std::chrono::milliseconds kLate{15};
  /// What is done for fewer sessions makes no loop late: there a late timer is a moment's, and each
  /// may be believed. More than so many congested, and more than half of all, are no coincidence.
  static constexpr std::size_t kCrowd = 64;
  static constexpr std::chrono::milliseconds kLasts{500};
  /// The looks of so many held-back sessions, each 5 ms, are 20,000 a second.
  static constexpr std::size_t kFineLooks = 100;
  static constexpr int kCoarsest = 8;

  /// A timer that was due at `due` runs, in a loop that has so many sessions.
  void timer_ran(media::Time due, std::size_t sessions, media::Time now) {
    if (now - due > kLate && sessions > kCrowd) until_ = now + kLasts;
  }
  /// A session becomes congested, of `sessions` in all.
  void congested(std::size_t sessions, media::Time now) {
    ++congested_;
    if (congested_ > kCrowd && congested_ > sessions / 2) until_ = now + kLasts;
  }
  /// It is no longer, or has gone.
  void relieved() { --congested_; }

  [[nodiscard]] bool strained(media::Time now) const { return now < until_; }
  /// How many times rarer than usual a held-back session looks whether it may go on.
  [[nodiscard]] int coarseness(media::Time now) const {
    const int least = strained(now) ? kCoarsest / 2 : 1;
    return std::clamp(static_cast<int>(congested_ / kFineLooks), least, kCoarsest);
  }

 private:
  media::Time until_ = media::Time::min();
  std::size_t congested_ = 0;
};

}  // namespace sluice::sfu
