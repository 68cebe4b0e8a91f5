#include "tests/sim/gathering.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "tests/sim/meeting_loop.h"

namespace sluice::sim {
namespace {

constexpr Duration kFreeze = std::chrono::milliseconds{200};

media::TrackHandle camera_of(std::size_t member) {
  return media::TrackHandle{static_cast<std::uint16_t>(2 * member + 1)};
}
media::TrackHandle microphone_of(std::size_t member) {
  return media::TrackHandle{static_cast<std::uint16_t>(2 * member + 2)};
}
std::size_t member_of(media::TrackHandle track) {
  return (static_cast<std::size_t>(track) - 1) / 2;
}
double seconds(Duration time) { return static_cast<double>(time.count()) / 1e6; }

SluiceSender::Settings subscriptions(const GatheringSettings& settings) {
  SluiceSender::Settings sender;
  for (std::size_t index = 0; index < settings.members.size(); ++index) {
    const GatheringSettings::Member& member = settings.members[index];
    sender.tracks.push_back({.handle = camera_of(index),
                             .settings = {.latency_budget = member.latency_budget,
                                          .priority = member.priority,
                                          .hidden = member.hidden},
                             .encodings = member.publisher.encodings});
    if (!member.publisher.speaks) continue;
    sender.tracks.push_back({.handle = microphone_of(index), .settings = sender.audio});
  }
  return sender;
}

class Publishers {
 public:
  Publishers(const GatheringSettings& settings, media::FramePool& pool) {
    for (std::size_t index = 0; index < settings.members.size(); ++index) {
      PublisherModel::Settings publisher = settings.members[index].publisher;
      publisher.camera = camera_of(index);
      publisher.microphone = microphone_of(index);
      publishers_.push_back(std::make_unique<PublisherModel>(pool, publisher));
    }
  }
  [[nodiscard]] Time next_arrival() const {
    Time next = Time::max();
    for (const auto& each : publishers_) next = std::min(next, each->next_arrival());
    return next;
  }
  std::vector<FrameRef> arrivals(Time now) {
    std::vector<FrameRef> all;
    for (const auto& each : publishers_)
      std::ranges::move(each->arrivals(now), std::back_inserter(all));
    std::ranges::sort(all, {}, [](const FrameRef& frame) {
      const media::FrameDescription& description = frame->description;
      return std::tuple{frame->arrival, description.track, description.encoding,
                        description.number};
    });
    return all;
  }
  void request_keyframe(const media::Egress::SyncWanted& wanted, Time now) {
    publishers_[member_of(wanted.track)]->request_keyframe(wanted, now);
  }

 private:
  std::vector<std::unique_ptr<PublisherModel>> publishers_;
};

/// One receiver for each member, and what each was told.
class Receivers {
 public:
  Receivers(const GatheringSettings& settings, SluiceSender& sender)
      : settings_(settings), sender_(sender) {
    members_.reserve(settings.members.size());
    for (const GatheringSettings::Member& member : settings.members) {
      members_.push_back(
          {.model = ReceiverModel{{.video = member.latency_budget}, member.publisher.encodings}});
    }
  }

  void offered(const media::Frame& frame) {
    const std::size_t index = member_of(frame.description.track);
    Member& member = members_[index];
    member.model.offered(frame);
    const Time now = frame.arrival;
    for (; promoted_ < settings_.promotions.size() && settings_.promotions[promoted_].at <= now;
         ++promoted_) {
      const auto& promotion = settings_.promotions[promoted_];
      sender_.set_priority(camera_of(promotion.member), promotion.priority);
    }
    if (frame.kind == media::MediaKind::kAudio) return;
    const bool paused = sender_.egress().starved(frame.description.track);
    if (paused == (member.result.paused_and_resumed.size() % 2 == 1)) return;
    member.result.paused_and_resumed.push_back(now);
  }
  void received(const WireMessage& message, Time now) {
    Member& member = members_[member_of(message.frame->description.track)];
    if (message.frame->kind == media::MediaKind::kVideo) ++member.result.video_messages;
    member.model.received(message, now);
  }
  [[nodiscard]] std::uint64_t media_bytes() const {
    std::uint64_t bytes = 0;
    for (const Member& member : members_) bytes += member.model.media_bytes();
    return bytes;
  }
  [[nodiscard]] std::vector<GatheringResult::Member> finish(Time now) {
    std::vector<GatheringResult::Member> results;
    results.reserve(members_.size());
    for (Member& member : members_) results.push_back(result_of(member, now));
    return results;
  }

 private:
  struct Member {
    ReceiverModel model;
    GatheringResult::Member result;
  };

  /// How much of [begin, end) the subscriber was told that it is paused.
  [[nodiscard]] static double paused_within(const std::vector<Time>& turns, Time begin, Time end) {
    double sum = 0;
    for (std::size_t turn = 0; turn < turns.size(); turn += 2) {
      const Time until = turn + 1 < turns.size() ? turns[turn + 1] : Time::max();
      const Time first = std::max(begin, turns[turn]);
      const Time last = std::min(end, until);
      if (last > first) sum += seconds(last - first);
    }
    return sum;
  }

  [[nodiscard]] static GatheringResult::Member result_of(Member& member, Time now) {
    GatheringResult::Member result = std::move(member.result);
    result.outcome = member.model.finish(now);
    result.shown_times = member.model.shown_times();
    const std::vector<Time>& turns = result.paused_and_resumed;
    result.paused_seconds = paused_within(turns, Time{}, now);
    Time last{};
    std::vector<Time> shown = result.shown_times;
    shown.push_back(now);
    for (const Time time : shown) {
      const double unexplained = seconds(time - last) - paused_within(turns, last, time);
      result.frozen_seconds += std::max(0.0, unexplained - seconds(kFreeze));
      last = time;
    }
    const double live = seconds(now - Time{}) - result.paused_seconds;
    const auto while_live = std::ranges::count_if(result.shown_times, [&](Time time) {
      return paused_within(turns, time, time + Duration{1}) == 0;
    });
    const double captured = live / seconds(CameraModel::kFrameInterval);
    result.shown_while_live = captured < 1 ? 0 : static_cast<double>(while_live) / captured;
    return result;
  }

  const GatheringSettings& settings_;
  SluiceSender& sender_;
  std::vector<Member> members_;
  std::size_t promoted_ = 0;
};

}  // namespace

GatheringResult run_gathering(const GatheringSettings& settings) {
  media::FramePool pool{std::size_t{1} << 30};
  GatheringResult result;
  TcpLink link{settings.link};
  Publishers publishers{settings, pool};
  SluiceSender sender{link, subscriptions(settings)};
  Receivers receivers{settings, sender};
  const Time end = run_loop({.length = settings.length,
                             .round_trip = settings.link.round_trip,
                             .report_interval = settings.report_interval},
                            link, publishers, receivers, sender);
  result.members = receivers.finish(end);
  result.seconds = seconds(end - Time{});
  return result;
}

}  // namespace sluice::sim
