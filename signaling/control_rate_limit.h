#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::signaling {

/// Holds one connection to `rate` control messages a second, with bursts of twice as many.
///
/// A token bucket; an excess that goes on for `kExcessMax` ends the connection. An excess begins
/// with the first refused message and is over when the bucket has refilled to a quarter: a client
/// that merely hits the limit now and then never collects five seconds of it.
class ControlRateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Verdict : std::uint8_t {
    kAllowed,
    kRefused,        ///< and the client should be told
    kRefusedSilent,  ///< it was told less than `kNoticeInterval` ago
    kFatal,          ///< the excess went on for `kExcessMax`
  };

  static constexpr std::chrono::seconds kExcessMax{5};
  /// Answers to a flood must not be a flood.
  static constexpr std::chrono::seconds kNoticeInterval{1};

  ControlRateLimit(std::uint32_t rate, Time now);

  /// Counts one message that arrived at `now`.
  [[nodiscard]] Verdict count(Time now);

 private:
  double rate_;
  double tokens_;
  Time refilled_at_;
  std::optional<Time> excess_since_;
  std::optional<Time> noticed_at_;
};

}  // namespace sluice::signaling
