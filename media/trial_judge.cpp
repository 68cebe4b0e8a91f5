#include "media/trial_judge.h"

namespace sluice::media {
namespace {

/// How long a trial fills the way, how long it is measured, how long a good one takes, and the
/// wait of a frame that says the link is full.
constexpr Duration kFills = std::chrono::milliseconds{100};
constexpr Duration kMeasures = std::chrono::milliseconds{150};
constexpr Duration kLength = std::chrono::milliseconds{400};
constexpr Duration kLag = std::chrono::milliseconds{50};

}  // namespace

TrialJudge::Verdict TrialJudge::judge(const Trial& trial, Time now) {
  if (!trial.lag) return Verdict::kGoesOn;
  const Duration age = now - trial.began;
  if (age < kFills) {
    mark_.reset();
    return Verdict::kGoesOn;
  }
  if (!mark_) mark_ = Mark{.at = now, .sent_bytes = trial.sent_bytes};
  if (*trial.lag <= kLag) return age >= kLength ? Verdict::kPassed : Verdict::kGoesOn;
  const Duration measured = now - mark_->at;
  if (measured < kMeasures) return Verdict::kGoesOn;
  const double carried = static_cast<double>(trial.sent_bytes - mark_->sent_bytes) * 1e6 /
                         static_cast<double>(measured.count());
  return carried >= trial.enough_bytes_per_second ? Verdict::kPassed : Verdict::kFailed;
}

}  // namespace sluice::media
