#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::sfu {

/// How often one subscriber is asked to report what it has read.
///
/// A report is a read, a wake-up and a message: 20 times a second each, a thousand subscribers who
/// all keep up cost as much again as half of what they are sent. So in a crowd whoever is not
/// congested is asked to report rarely. Such reports steer nothing, but raise an alarm
/// (`media::ReaderWatch`); whoever stays congested is asked for all of them again.
///
/// Source: docs/decisions/0019-rare-reports-in-a-crowd.md. Owner: the session.
class ReportPace {
 public:
  static constexpr std::chrono::milliseconds kRare{250};
  /// With fewer sessions in a loop the reports do not matter.
  static constexpr std::size_t kCrowd = 64;

  /// What is so in this moment.
  struct Look {
    std::size_t sessions = 0;  ///< of the loop
    bool reports_often = false;
    bool congested = false;
    /// The loop is: congestion may be its own, and more work makes it worse.
    bool strained = false;
  };
  /// To be called each second; returns what the subscriber is to be told: whether its reports shall
  /// be rare.
  [[nodiscard]] std::optional<bool> look(const Look& look) {
    const bool wanted = look.sessions > kCrowd && !look.congested;
    const bool pointless = wanted ? !look.reports_often : look.strained;
    if (wanted == rare_ || pointless) {
      looks_ = 0;
      return std::nullopt;
    }
    if (++looks_ < kLooks) return std::nullopt;
    looks_ = 0;
    rare_ = wanted;
    return rare_;
  }

 private:
  /// A keyframe is over sooner.
  static constexpr std::uint8_t kLooks = 3;

  bool rare_ = false;
  std::uint8_t looks_ = 0;  ///< one after another that spoke for a change
};

}  // namespace sluice::sfu
