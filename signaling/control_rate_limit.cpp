#include "signaling/control_rate_limit.h"

#include <algorithm>

namespace sluice::signaling {

namespace {

constexpr double kBurstSeconds = 2.0;  // docs/protocol.md section 2: bursts of twice the rate
constexpr double kCalmSeconds = 0.5;   // a quarter of the bucket

}  // namespace

ControlRateLimit::ControlRateLimit(std::uint32_t rate, Time now)
    : rate_(rate), tokens_(kBurstSeconds * rate_), refilled_at_(now) {}

ControlRateLimit::Verdict ControlRateLimit::count(Time now) {
  if (now > refilled_at_) {
    const double seconds = std::chrono::duration<double>(now - refilled_at_).count();
    tokens_ = std::min(tokens_ + seconds * rate_, kBurstSeconds * rate_);
    refilled_at_ = now;
  }
  if (tokens_ >= kCalmSeconds * rate_) excess_since_.reset();
  if (tokens_ >= 1.0) {
    tokens_ -= 1.0;
    return Verdict::kAllowed;
  }
  if (!excess_since_) excess_since_ = now;
  if (now - *excess_since_ >= kExcessMax) return Verdict::kFatal;
  if (noticed_at_ && now - *noticed_at_ < kNoticeInterval) return Verdict::kRefusedSilent;
  noticed_at_ = now;
  return Verdict::kRefused;
}

}  // namespace sluice::signaling
