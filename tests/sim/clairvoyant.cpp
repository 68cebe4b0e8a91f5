#include "tests/sim/clairvoyant.h"

#include <algorithm>
#include <array>
#include <optional>

#include "media/chunk_header.h"
#include "tests/sim/receiver_model.h"
#include "tests/sim/slot_schedule.h"

namespace sluice::sim {
namespace {

using Column = IntegerProgram::Column;
using Term = IntegerProgram::Term;
using Job = SlotSchedule::Job;

constexpr Duration kFrame = CameraModel::kFrameInterval;
constexpr Duration kBase = CameraModel::kPattern * kFrame;

/// How late a base frame may be to be decoded only; the first is in time, the last whenever. Finer
/// where most is decided; between two, the later one counts.
constexpr std::array<Duration, 10> kLateness{
    Duration{}, kBase / 2, kBase,      2 * kBase,  3 * kBase,
    4 * kBase,  6 * kBase, 10 * kBase, 20 * kBase, std::chrono::hours{1}};
constexpr std::size_t kBuckets = kLateness.size();

/// The first bucket that is at least so late.
constexpr std::size_t bucket_of(Duration lateness) {
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && kLateness[bucket] < lateness) ++bucket;
  return bucket;
}

/// A whole frame on the link at its cheapest: one message, in full segments.
double link_bytes(const media::FrameDescription& description) {
  constexpr double kFraming = 4;
  const media::ChunkHeader header{.track = description.track,
                                  .encoding = description.encoding,
                                  .temporal_layer = description.temporal_layer,
                                  .frame = description.number,
                                  .last = true,
                                  .keyframe = description.keyframe,
                                  .discardable = description.discardable,
                                  .description = description};
  return kFraming + static_cast<double>(media::chunk_header_size(header)) + description.length;
}

/// One base frame in its ways to come: as it is or as a keyframe, in time or late.
struct Base {
  std::array<std::optional<Column>, kBuckets> delta, keyframe;

  /// Terms for "has come, at most so late".
  void add(std::vector<Term>& terms, std::size_t buckets, double sign) const {
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
      if (delta[bucket]) terms.push_back({*delta[bucket], sign});
      if (keyframe[bucket]) terms.push_back({*keyframe[bucket], sign});
    }
  }
};

class Bound {
 public:
  Bound(const MeetingSettings& settings, const Capacity& capacity, double bytes_factor)
      : settings_(settings),
        capacity_(capacity),
        bytes_factor_(bytes_factor),
        end_(Time{} + settings.length - settings.link.round_trip / 2) {}

  ClairvoyantBound solve(const std::optional<IntegerProgram::Limits>& limits) {
    add_audio();
    pictures_.resize(static_cast<std::size_t>(
        std::max<Duration::rep>(0, (settings_.length - Duration{1}) / kFrame + 1)));
    for (CameraModel& camera : PublisherModel::cameras(settings_.publisher)) add_camera(camera);
    for (const std::vector<Column>& encodings : pictures_) {
      if (encodings.size() < 2) continue;
      std::vector<Term> terms;
      for (const Column column : encodings) terms.push_back({column, 1});
      program_.add_row_at_most(std::move(terms), 1);
    }
    add_link();
    return judge(limits ? program_.solve(*limits) : program_.solve_relaxed());
  }

 private:
  [[nodiscard]] Time deadline(Time captured, Duration budget) const {
    return std::min(captured + budget - settings_.link.round_trip / 2, end_);
  }

  /// A column and job for a frame to come within `budget`; nothing when it cannot.
  std::optional<Column> add_frame(const media::FrameDescription& description, Duration budget,
                                  double value, bool whole, std::vector<Job>& flow) {
    const Time captured{description.capture_time};
    const Time until = deadline(captured, budget);
    if (until <= captured) return std::nullopt;
    const Column column = program_.add_column({.value = value, .integer = whole});
    flow.push_back({.column = column,
                    .bytes = link_bytes(description) * bytes_factor_,
                    .release = captured,
                    .deadline = until});
    return column;
  }

  void add_audio() {
    MicrophoneModel microphone = PublisherModel::microphone(settings_.publisher);
    for (; microphone.next() < Time{} + settings_.length; microphone.advance()) {
      const auto packet = PublisherModel::describe_packet(
          settings_.publisher, static_cast<media::FrameNumber>(audio_count_), microphone.next());
      const double worth = ReceiverModel::worth(media::MediaKind::kAudio, packet, 1);
      const auto column = add_frame(packet, settings_.budgets.audio, worth, true, audio_);
      if (column) audio_columns_.push_back(*column);
      ++audio_count_;
    }
  }

  Base add_base(CameraModel& camera, std::uint32_t index, const Base* previous) {
    Base base;
    std::vector<Term> once;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      const Duration budget = settings_.budgets.video + kLateness[bucket];
      const auto add = [&](bool keyframe) {
        const auto description = camera.describe(index, keyframe);
        const bool in_time = bucket == 0;
        const double worth = in_time ? ReceiverModel::worth(media::MediaKind::kVideo, description,
                                                            settings_.publisher.encodings)
                                     : 0;
        auto column = add_frame(description, budget, worth, in_time, video_[bucket]);
        if (column) once.push_back({*column, 1});
        if (column && in_time) pictures_[index].push_back(*column);
        return column;
      };
      base.keyframe[bucket] = add(true);
      if (previous != nullptr && !camera.keyframe_due(index)) base.delta[bucket] = add(false);
    }
    program_.add_row_at_most(std::move(once), 1);
    if (previous == nullptr) return base;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      // What comes so late needs what it depends on by then.
      std::vector<Term> terms;
      for (std::size_t by = 0; by <= bucket; ++by) {
        if (base.delta[by]) terms.push_back({*base.delta[by], 1});
      }
      if (terms.empty()) continue;
      previous->add(terms, bucket_of(kLateness[bucket] + kBase) + 1, -1);
      program_.add_row_at_most(std::move(terms), 0);
    }
    return base;
  }

  /// A frame of an upper layer in time, and if `late_flow` is given, a frame late as well.
  std::vector<Term> add_upper(CameraModel& camera, std::uint32_t index, bool late_too) {
    std::vector<Term> ways;
    if (index >= pictures_.size()) return ways;
    const auto description = camera.describe(index, false);
    const double worth =
        ReceiverModel::worth(media::MediaKind::kVideo, description, settings_.publisher.encodings);
    if (const auto column =
            add_frame(description, settings_.budgets.video, worth, true, video_[0])) {
      pictures_[index].push_back(*column);
      ways.push_back({*column, 1});
    }
    if (!late_too) return ways;
    if (const auto column =
            add_frame(description, settings_.budgets.video + kFrame, 0, false, middle_late_)) {
      ways.push_back({*column, 1});
    }
    return ways;
  }

  void add_camera(CameraModel& camera) {
    Base previous;
    for (std::uint32_t index = 0; index < pictures_.size(); index += CameraModel::kPattern) {
      const Base base = add_base(camera, index, index == 0 ? nullptr : &previous);
      std::vector<Term> first = add_upper(camera, index + 1, false);
      const std::vector<Term> middle = add_upper(camera, index + 2, true);
      std::vector<Term> last = add_upper(camera, index + 3, false);
      if (!first.empty()) {
        base.add(first, bucket_of(kFrame) + 1, -1);
        program_.add_row_at_most(std::move(first), 0);
      }
      if (!last.empty()) {
        for (const Term& term : middle) last.push_back({term.column, -1});
        program_.add_row_at_most(std::move(last), 0);
      }
      if (!middle.empty()) {
        std::vector<Term> in_time{middle.front()};
        base.add(in_time, bucket_of(2 * kFrame) + 1, -1);
        program_.add_row_at_most(std::move(in_time), 0);
        std::vector<Term> either = middle;
        base.add(either, bucket_of(3 * kFrame) + 1, -1);
        program_.add_row_at_most(std::move(either), 0);
      }
      previous = base;
    }
  }

  void add_link() {
    // Borders where something of the video is released or due. Audio is rounded to these.
    std::vector<Time> points{Time{}, end_};
    std::vector<Time> coarse{Time{}, end_};
    const Duration due = settings_.budgets.video - settings_.link.round_trip / 2;
    for (Time captured{}; captured < end_; captured += kFrame) {
      points.push_back(captured);
      points.push_back(deadline(captured, settings_.budgets.video));
    }
    for (Time captured{}; captured < end_; captured += kBase) {
      coarse.push_back(captured);
      coarse.push_back(std::min(captured + due % kBase, end_));
    }
    for (const Job& job : audio_) {
      points.push_back(job.release);
      points.push_back(job.deadline);
    }
    points.insert(points.end(), coarse.begin(), coarse.end());
    const auto tidy = [](std::vector<Time>& times) {
      std::ranges::sort(times);
      const auto [first, last] = std::ranges::unique(times);
      times.erase(first, last);
    };
    tidy(points);
    tidy(coarse);
    SlotSchedule link{program_, points, capacity_};
    link.add_flow(audio_);
    const auto by_release = [](std::vector<Job>& jobs) {
      std::ranges::stable_sort(jobs, {}, &Job::release);
    };
    by_release(video_[0]);
    link.add_flow(video_[0]);
    by_release(middle_late_);
    link.add_flow(middle_late_);
    for (std::size_t bucket = 1; bucket < kBuckets; ++bucket) {
      by_release(video_[bucket]);
      link.add_flow(video_[bucket], coarse);
    }
    link.limit();
  }

  [[nodiscard]] ClairvoyantBound judge(const IntegerProgram::Solution& solution) const {
    ClairvoyantBound bound{.utility = solution.bound, .found = solution.value};
    if (solution.values.empty()) return bound;
    // In a relaxed solution a frame may be there in part.
    const auto sum = [&](const std::vector<Column>& columns) {
      double all = 0;
      for (const Column column : columns) all += solution.values[static_cast<std::size_t>(column)];
      return all;
    };
    bound.audio_on_time = sum(audio_columns_) / static_cast<double>(audio_count_);
    for (const std::vector<Column>& ways : pictures_) bound.video_on_time += sum(ways);
    bound.video_on_time /= static_cast<double>(pictures_.size());
    return bound;
  }

  const MeetingSettings& settings_;
  const Capacity& capacity_;
  double bytes_factor_;
  Time end_;
  IntegerProgram program_;
  std::vector<Job> audio_, middle_late_;
  std::array<std::vector<Job>, kBuckets> video_;
  std::vector<Column> audio_columns_;
  std::size_t audio_count_ = 0;
  std::vector<std::vector<Column>> pictures_;  ///< by index: the ways to show it in time
};

}  // namespace

ClairvoyantBound clairvoyant_bound(const MeetingSettings& settings,
                                   const std::optional<IntegerProgram::Limits>& limits) {
  // TCP and IP headers of full segments (tcp_link.cpp).
  constexpr double kSegmentOverhead = 1500.0 / 1448;
  ClairvoyantBound bound = Bound{settings, settings.link.capacity, kSegmentOverhead}.solve(limits);
  if (settings.link.read_bits_per_second > 0) {
    const Capacity reader = Capacity::constant(settings.link.read_bits_per_second);
    const ClairvoyantBound read = Bound{settings, reader, 1}.solve(limits);
    if (read.utility < bound.utility) bound = read;
  }
  return bound;
}

}  // namespace sluice::sim
