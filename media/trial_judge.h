#pragma once

#include <cstdint>
#include <optional>

#include "media/time.h"

namespace sluice::media {

/// Says of a trial under way (`EncodingTrial`) whether the link carries what is tried.
///
/// It does when nothing of it waited for long, all the time that a good trial takes. A link that
/// turns out to be full is measured for a moment: what leaves it meanwhile is what it carries, and
/// that need not be what is sent now and what is tried both.
///
/// Owner:    who ordered the trial; one at a time.
class TrialJudge {
 public:
  enum class Verdict : std::uint8_t { kGoesOn, kPassed, kFailed };

  struct Trial {
    Time began{};
    std::optional<Duration> lag;         ///< `VideoStream::trial_lag`
    std::uint64_t sent_bytes = 0;        ///< payload of all media, since the connection began
    double enough_bytes_per_second = 0;  ///< a full link that carries this much will do
  };
  /// To be asked each 50 ms or so. Before the first frame came the trial goes on.
  [[nodiscard]] Verdict judge(const Trial& trial, Time now);

 private:
  /// Where the measured part of the trial began; its first part fills the link.
  struct Mark {
    Time at{};
    std::uint64_t sent_bytes = 0;
  };
  std::optional<Mark> mark_;
};

}  // namespace sluice::media
