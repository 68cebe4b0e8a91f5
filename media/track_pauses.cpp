#include "media/track_pauses.h"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>

namespace sluice::media {
namespace {

/// Base layers of less than this share of the link, sound among it, are carried by it
/// (`VideoQueue` has the same).
constexpr double kFits = 0.85;
/// Trouble counts as lasting over such gaps: it is seen of whole frames only.
constexpr Duration kCalm = std::chrono::milliseconds{400};
constexpr Duration kTroubleLasts = std::chrono::milliseconds{800};
/// A stall of TCP's own recovery looks the same for a moment.
constexpr Duration kTroubleLastsAgainstEstimate = std::chrono::seconds{3};
/// When nothing at all leaves, it is an outage: that says nothing of what the link carries.
constexpr Duration kStall = std::chrono::milliseconds{250};
/// And the estimate is one of the outage for some time after it.
constexpr Duration kAfterStall = std::chrono::milliseconds{1500};
constexpr Duration kCalmBeforeTrial = std::chrono::seconds{1};
constexpr Duration kBetweenTrials = std::chrono::milliseconds{500};
/// A trial that fails costs nobody anything but its bytes; a relapse is seen.
constexpr Duration kTrialBackoffMost = std::chrono::seconds{8};
constexpr Duration kBackoffMost = std::chrono::seconds{30};
constexpr Duration kTrialMost = std::chrono::seconds{1};
constexpr Duration kLiveWithin = std::chrono::seconds{4};
/// What was captured while the keyframe was on its way comes late, and is needed.
constexpr Duration kCatchesUpWithin = std::chrono::seconds{2};
/// A track that is paused again within so long should not have come back.
constexpr Duration kProbation = std::chrono::seconds{8};

double need_of(const TrackPauses::Track& track) { return track.base_bytes_per_second.value_or(0); }

bool passed(Time now, Time since, Duration time) {
  return since == Time::min() || now - since >= time;
}

/// Bytes a second for videos; nothing while the link is unknown.
std::optional<double> room_for_video(const TrackPauses::Connection& connection) {
  const auto rate = connection.link.bytes_per_second;
  if (!rate) return std::nullopt;
  return kFits * *rate - connection.sound_bytes_per_second;
}

double needed(std::span<const TrackPauses::Track> tracks) {
  double sum = 0;
  for (const auto& track : tracks) sum += track.paused ? 0 : need_of(track);
  return sum;
}

}  // namespace

void TrackPauses::sort(std::span<const Track> tracks) {
  order_.resize(tracks.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const auto rank = [&](std::size_t index) {
    const Track& track = tracks[index];
    return std::tuple{-int{track.priority}, track.paused, track.resumed, index};
  };
  std::ranges::sort(order_, {}, rank);
}

void TrackPauses::watch(std::span<const Track> tracks, const Connection& connection, Time now) {
  // The first look finds nothing older to compare with: a stall begins then at the earliest.
  if (connection.sent_bytes != sent_bytes_ || last_sent_ == Time::min()) last_sent_ = now;
  sent_bytes_ = connection.sent_bytes;
  const bool trouble = std::ranges::any_of(tracks, [this](const Track& track) {
    // Its keyframe is late when it comes, and that is all right.
    return !track.paused && track.in_trouble && track.track != resuming_;
  });
  if (now - last_sent_ > kStall) last_stall_ = now;
  const bool stalled = !passed(now, last_stall_, kAfterStall);
  if (trouble && !stalled) {
    last_trouble_ = now;
    trouble_since_ = std::min(trouble_since_, now);
  } else if (stalled || passed(now, last_trouble_, kCalm)) {
    trouble_since_ = Time::max();
  }
}

bool TrackPauses::must_pause(std::span<const Track> tracks, std::optional<double> room,
                             Time now) const {
  const auto shown = std::ranges::count(tracks, false, &Track::paused);
  const bool last_stays = !room || *room > 0;
  if (trouble_since_ == Time::max() || last_trouble_ != now || shown < (last_stays ? 2 : 1))
    return false;
  if (room && needed(tracks) > *room) return now - trouble_since_ >= kTroubleLasts;
  const bool smallest = std::ranges::all_of(
      tracks, [](const Track& track) { return track.paused || track.smallest; });
  return smallest && now - trouble_since_ >= kTroubleLastsAgainstEstimate;
}

void TrackPauses::refused(std::uint8_t priority, Duration backoff_most, Time now) {
  refused_priority_ = priority;
  next_resumption_ = now + backoff_;
  backoff_ = std::min(2 * backoff_, std::max(backoff_, backoff_most));
}

void TrackPauses::relapsed(std::uint8_t priority, Time now) {
  relapsed_ = true;
  resuming_.reset();
  refused(priority, kBackoffMost, now);
}

void TrackPauses::choose_staying(std::span<const Track> tracks, std::optional<double> room) {
  staying_.assign(tracks.size(), false);
  if (!room) return;
  double left = *room;
  for (const std::size_t index : order_) {
    const Track& track = tracks[index];
    // One that is too large does not take the others with it.
    if (track.paused || need_of(track) > left) continue;
    left -= need_of(track);
    staying_[index] = true;
  }
}

void TrackPauses::pause(std::span<Track> tracks, std::optional<double> room, Time now) {
  end_trial(tracks);
  // Half of them at a time, and one where the estimate says that all fit: it may be wrong. The last
  // one shows still pictures (`VideoQueue::starved`), unless sound needs all that there is.
  const auto shown = std::ranges::count(tracks, false, &Track::paused);
  choose_staying(tracks, room);
  const bool last_stays = !room || *room > 0;
  auto most = !room ? 1 : last_stays ? shown / 2 : (shown + 1) / 2;
  int most_important = 0;
  for (const std::size_t index : std::views::reverse(order_)) {
    Track& track = tracks[index];
    if (most == 0) break;
    if (track.paused || staying_[index]) continue;
    --most;
    track.paused = true;
    most_important = std::max(most_important, int{track.priority});
    if (track.track == resuming_) resuming_.reset();
  }
  trouble_since_ = Time::max();
  if (!passed(now, last_resumption_, kProbation) && last_resumption_ != Time::min()) {
    relapsed(static_cast<std::uint8_t>(most_important), now);
  } else {
    refused_priority_ = most_important;
    next_resumption_ = now + kBackoffLeast;
  }
}

void TrackPauses::begin(Track& track, Time now) {
  track.paused = false;
  track.resumed = now;
  resuming_ = track.track;
  last_resumption_ = now;
  live_since_ = Time::max();
}

void TrackPauses::steer_resumption(std::span<Track> tracks, Time now) {
  if (!resuming_) return;
  const auto found = std::ranges::find(tracks, *resuming_, &Track::track);
  if (found == tracks.end() || found->paused || need_of(*found) <= 0) {
    resuming_.reset();
  } else if (found->live) {
    live_since_ = std::min(live_since_, now);
    if (found->in_trouble && now - live_since_ < kCatchesUpWithin) return;
    resuming_.reset();
    next_resumption_ = std::max(next_resumption_, now + kBetweenTrials);
  } else if (now - last_resumption_ > kLiveWithin) {
    found->paused = true;
    relapsed(found->priority, now);
  }
}

bool TrackPauses::take_place(std::span<Track> tracks, Track& candidate, double room, Time now) {
  // What goes before it stays; of the others the least important give way until it fits.
  const auto gives_way = [&](const Track& track) {
    return !track.paused && track.priority < candidate.priority;
  };
  double missing = needed(tracks) + need_of(candidate) - room;
  double there = 0;
  for (const Track& track : tracks) there += gives_way(track) ? need_of(track) : 0;
  if (there == 0 || there < missing) return false;
  for (const std::size_t index : std::views::reverse(order_)) {
    Track& track = tracks[index];
    if (missing <= 0) break;
    if (!gives_way(track)) continue;
    missing -= need_of(track);
    track.paused = true;
  }
  begin(candidate, now);
  return true;
}

void TrackPauses::try_next(std::span<Track> tracks, const Connection& connection, Time now) {
  const auto found =
      std::ranges::find_if(order_, [&](std::size_t index) { return tracks[index].paused; });
  if (found == order_.end()) return;
  Track& candidate = tracks[*found];
  if (now < next_resumption_ && candidate.priority <= refused_priority_) return;
  const auto room = room_for_video(connection);
  if (room && take_place(tracks, candidate, *room, now)) return;
  if (!passed(now, last_trouble_, kCalmBeforeTrial)) return;
  candidate.tried = true;
  trying_ = candidate.track;
  trial_began_ = now;
}

void TrackPauses::end_trial(std::span<Track> tracks) {
  for (Track& track : tracks) track.tried = false;
  trying_.reset();
}

void TrackPauses::steer_trial(std::span<Track> tracks, const Connection& connection, Time now) {
  const auto found = std::ranges::find(tracks, *trying_, &Track::track);
  if (found == tracks.end() || !found->paused) return end_trial(tracks);
  const double all = needed(tracks) + need_of(*found) + connection.sound_bytes_per_second;
  const auto verdict = judge_.judge({.began = trial_began_,
                                     .lag = found->trial_lag,
                                     .sent_bytes = connection.sent_bytes,
                                     .enough_bytes_per_second = all / kFits},
                                    now);
  const bool hurts = last_trouble_ >= trial_began_;
  const bool overdue = now - trial_began_ > kTrialMost;
  if (verdict == TrialJudge::Verdict::kGoesOn && !hurts && !overdue) return;
  end_trial(tracks);
  if (verdict == TrialJudge::Verdict::kPassed) {
    if (!relapsed_) backoff_ = kBackoffLeast;
    begin(*found, now);
  } else {
    refused(found->priority, kTrialBackoffMost, now);
  }
}

void TrackPauses::decide(std::span<Track> tracks, const Connection& connection, Time now) {
  next_ = now + kInterval;
  // A muted camera costs nothing: when it comes back it is judged anew.
  for (Track& track : tracks) {
    if (tracks.size() < 2 || track.base_bytes_per_second == 0.0) track.paused = track.tried = false;
  }
  if (tracks.size() < 2) {
    resuming_.reset();
    trying_.reset();
    trouble_since_ = Time::max();
    return;
  }
  sort(tracks);
  watch(tracks, connection, now);
  steer_resumption(tracks, now);
  const auto room = room_for_video(connection);
  if (must_pause(tracks, room, now)) {
    pause(tracks, room && needed(tracks) > *room ? room : std::nullopt, now);
    return;
  }
  const bool proven = last_resumption_ != Time::min() && now - last_resumption_ > kProbation;
  if (relapsed_ && proven && !resuming_ && now >= next_resumption_) {
    relapsed_ = false;
    backoff_ = kBackoffLeast;
  }
  if (trying_) {
    steer_trial(tracks, connection, now);
  } else if (!resuming_ && !connection.trial_elsewhere) {
    try_next(tracks, connection, now);
  }
}

}  // namespace sluice::media
