#include "media/layer_allocator.h"

#include <algorithm>
#include <ranges>

namespace sluice::media {
namespace {

/// The upper temporal layer is half of the frames: when nearly all of it is left out, the smaller
/// encoding at its full frame rate is the better picture; when more is, soon.
constexpr double kTroubleShare = 0.42;
constexpr double kDeepTroubleShare = 0.6;
/// During an ascent, and before one, the picture must not suffer at all.
constexpr double kCalmShare = 0.08;
constexpr double kUseOfLink = 0.9;
constexpr Duration kDeepTroubleLasts = std::chrono::milliseconds{300};
constexpr Duration kTroubleLasts = std::chrono::milliseconds{600};
/// A stall of TCP's own recovery leaves as much out as a slow link does, but not for so long.
constexpr Duration kTroubleLastsAgainstEstimate = std::chrono::milliseconds{2000};
constexpr Duration kCalmLasts = std::chrono::milliseconds{500};
/// A full link that carries so much of what is needed loses a part of the upper temporal layer.
constexpr double kEnoughToClimb = 0.85;
constexpr Duration kFetchMost = std::chrono::seconds{3};
/// From the keyframe's last byte to a live picture; longer would be seen as a freeze.
constexpr Duration kToPresentMost = std::chrono::milliseconds{450};
constexpr Duration kSettling = std::chrono::seconds{1};
/// A commit that ends in a descent within so long was wrong.
constexpr Duration kOnProbation = std::chrono::seconds{20};
/// Nothing is tried on a LAN: what it carries is beyond any encoding.
constexpr Duration kLanDelay = std::chrono::milliseconds{1};

std::size_t rung_of(const LayerAllocator::Track& track, EncodingId encoding) {
  const auto found = std::ranges::find(track.rungs, encoding, &Rung::encoding);
  return static_cast<std::size_t>(found - track.rungs.begin());
}

double needed_by(const LayerAllocator::Track& track) {
  const std::size_t rung = std::min(rung_of(track, track.asked), track.rungs.size() - 1);
  return track.rungs[rung].bytes_per_second;
}

bool in_trouble(const LayerAllocator::Track& track) {
  return track.settled && (track.base_late || track.left_out_share > kTroubleShare);
}

}  // namespace

void LayerAllocator::failed(Time now) {
  ++failures_;
  next_ascent_ = now + pause_;
  pause_ = std::min(2 * pause_, failures_ < kRefusedOften ? kPauseMost : kPauseOfTheRefused);
}

void LayerAllocator::watch_trouble(std::span<const Track> tracks, Time now) {
  // Right after a commit the way to the present is sent, and enhancements give way to it.
  const bool settling = last_commit_ != Time::min() && now - last_commit_ < kSettling;
  const bool trouble = !settling && std::ranges::any_of(tracks, in_trouble);
  const bool calm = std::ranges::all_of(tracks, [](const Track& track) {
    return track.settled && !track.base_late && track.left_out_share < kCalmShare;
  });
  if (!calm) last_trouble_ = now;
  const bool deep = trouble && std::ranges::any_of(tracks, [](const Track& track) {
                      return track.base_late || track.left_out_share > kDeepTroubleShare;
                    });
  if (!deep) {
    deep_trouble_since_ = Time::max();
  } else if (deep_trouble_since_ == Time::max()) {
    deep_trouble_since_ = now;
  }
  if (!trouble) {
    trouble_since_ = Time::max();
  } else if (trouble_since_ == Time::max()) {
    trouble_since_ = now;
  }
  const bool proven = last_commit_ != Time::min() && now - last_commit_ > kOnProbation;
  if (!proven || last_commit_ <= last_descent_) return;
  pause_ = kPauseLeast;
  failures_ = 0;
  relapses_ = 0;
}

bool LayerAllocator::must_descend(double needed, const LinkEstimate& link, Time now) const {
  if (trouble_since_ == Time::max()) return false;
  const bool too_slow = link.bytes_per_second && needed > kUseOfLink * *link.bytes_per_second;
  if (!too_slow) return now - trouble_since_ >= kTroubleLastsAgainstEstimate;
  const bool deep =
      deep_trouble_since_ != Time::max() && now - deep_trouble_since_ >= kDeepTroubleLasts;
  return deep || now - trouble_since_ >= kTroubleLasts;
}

void LayerAllocator::descend(std::span<const Track> tracks, double other, const LinkEstimate& link,
                             Time now, std::vector<Order>& out) {
  // Every track has its smallest encoding; what is left is given out by importance.
  std::vector<std::size_t> order(tracks.size());
  for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
  std::ranges::sort(order, [&](std::size_t left, std::size_t right) {
    if (tracks[left].priority == tracks[right].priority) return left < right;
    return tracks[left].priority > tracks[right].priority;
  });
  double left = kUseOfLink * link.bytes_per_second.value_or(0) - other;
  for (const Track& track : tracks) left -= track.rungs.front().bytes_per_second;
  std::size_t lowered = 0;
  for (const std::size_t index : order) {
    const Track& track = tracks[index];
    const std::size_t now_at = std::min(rung_of(track, track.asked), track.rungs.size() - 1);
    std::size_t rung = now_at;
    const auto more = [&](std::size_t at) {
      return track.rungs[at].bytes_per_second - track.rungs.front().bytes_per_second;
    };
    while (rung > 0 && more(rung) > left) --rung;
    left -= more(rung);
    if (rung == now_at) continue;
    ++lowered;
    out.push_back({track.track, Action::kSwitch, track.rungs[rung].encoding});
  }
  if (lowered == 0) {
    // The estimate says that all fits, and it does not: the least important gives way.
    for (const std::size_t index : std::views::reverse(order)) {
      const Track& track = tracks[index];
      const std::size_t rung = rung_of(track, track.asked);
      if (rung == 0 || rung >= track.rungs.size()) continue;
      out.push_back({track.track, Action::kSwitch, track.rungs[rung - 1].encoding});
      ++lowered;
      break;
    }
  }
  trouble_since_ = deep_trouble_since_ = Time::max();
  if (lowered == 0) return;
  const bool on_probation = last_commit_ != Time::min() && now - last_commit_ < kOnProbation;
  if (on_probation) ++relapses_;
  next_ascent_ = now + 2 * kPauseLeast * (1 << std::min(relapses_, kRelapsesCounted));
  last_descent_ = now;
}

void LayerAllocator::steer_ascent(const Track& track, double needed, const Connection& connection,
                                  Time now, std::vector<Order>& out) {
  const auto order = [&](Action action) {
    out.push_back({track.track, action, track.ascending_to});
  };
  const bool hurts = track.base_late || track.left_out_share > 2 * kCalmShare;
  const bool gone = rung_of(track, track.ascending_to) == track.rungs.size();
  const bool overdue =
      track.ascent == VideoStream::Ascent::kFetch && now - track.ascent_began > kFetchMost;
  using Verdict = TrialJudge::Verdict;
  Verdict verdict = gone ? Verdict::kFailed : Verdict::kGoesOn;
  if (!gone) {
    const double after = needed - needed_by(track) +
                         track.rungs[rung_of(track, track.ascending_to)].bytes_per_second;
    verdict = judge_.judge({.began = track.ascent_began,
                            .lag = track.trial_lag,
                            .sent_bytes = connection.sent_bytes,
                            .enough_bytes_per_second = kEnoughToClimb * after},
                           now);
  }
  if (hurts || overdue || verdict == Verdict::kFailed) {
    order(Action::kAbort);
    failed(now);
  } else if (verdict == Verdict::kPassed) {
    order(Action::kFetch);
  } else if (track.ready) {
    const bool soon = connection.link.time_for(track.bytes_to_present) <= kToPresentMost;
    order(soon ? Action::kCommit : Action::kAbort);
    if (soon) {
      last_commit_ = now;
      next_ascent_ = now + kCalmLasts;
    } else {
      failed(now);
    }
  }
}

void LayerAllocator::ascend(std::span<const Track> tracks, const LinkEstimate& link, Time now,
                            std::vector<Order>& out) {
  const bool calm = last_trouble_ == Time::min() || now - last_trouble_ >= kCalmLasts;
  const bool lan = !link.congested && link.one_way_delay < kLanDelay && failures_ == 0 &&
                   last_descent_ == Time::min();
  if (now < next_ascent_ || !(calm || lan)) return;
  const Track* first = nullptr;
  std::size_t first_rung = 0;
  for (const Track& track : tracks) {
    const std::size_t rung = rung_of(track, track.asked);
    if (!track.settled || rung + 1 >= track.rungs.size()) continue;
    const bool before = first == nullptr || rung < first_rung ||
                        (rung == first_rung && track.priority > first->priority);
    if (!before) continue;
    first = &track;
    first_rung = rung;
  }
  if (first == nullptr) return;
  // On a LAN the largest is taken at once.
  const std::size_t rung = lan ? first->rungs.size() - 1 : first_rung + 1;
  out.push_back({first->track, lan ? Action::kFetch : Action::kTry, first->rungs[rung].encoding});
}

void LayerAllocator::decide(std::span<const Track> tracks, const Connection& connection, Time now,
                            std::vector<Order>& out) {
  next_ = now + kInterval;
  watch_trouble(tracks, now);
  double needed = connection.other_bytes_per_second;
  const Track* ascending = nullptr;
  for (const Track& track : tracks) {
    needed += needed_by(track);
    if (track.ascent != VideoStream::Ascent::kNone) ascending = &track;
    // Its publisher stopped this encoding, or a smaller picture is wanted.
    if (rung_of(track, track.asked) == track.rungs.size()) {
      out.push_back({track.track, Action::kSwitch, track.rungs.back().encoding});
    }
  }
  if (!out.empty()) return;
  if (ascending != nullptr) return steer_ascent(*ascending, needed, connection, now, out);
  if (must_descend(needed, connection.link, now)) {
    descend(tracks, connection.other_bytes_per_second, connection.link, now, out);
  } else if (!connection.trial_elsewhere) {
    ascend(tracks, connection.link, now, out);
  }
}

}  // namespace sluice::media
