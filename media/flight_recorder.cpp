#include "media/flight_recorder.h"

#include <algorithm>
#include <limits>

namespace sluice::media {
namespace {

constexpr std::size_t kAudioFramesPerSecond = 50;
constexpr std::size_t kVideoFramesPerSecond = 30;

std::size_t records_in(Duration time, std::size_t per_second) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(time).count();
  return static_cast<std::size_t>(whole) * per_second;
}

std::uint32_t microseconds(Duration time) {
  return static_cast<std::uint32_t>(
      std::clamp<Duration::rep>(time.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

FlightRecorder::FlightRecorder(FlightRecording& recording)
    : recording_{recording}, ring_{recording, records_in(recording.kept, kRecordsPerSecond)} {}

void FlightRecorder::departed(const Frame& frame, std::uint32_t offset, bool last) {
  const Duration waited = recording_.now - frame.arrival;
  if (last && (offset > 0 || waited >= kAtOnce)) {
    record(FrameSent{.frame = FrameName::of(frame.description), .waited_us = microseconds(waited)});
  } else if (!last && offset == 0) {
    record(
        FrameBegun{.frame = FrameName::of(frame.description), .waited_us = microseconds(waited)});
  }
}

void FlightRecorder::left_out(const Frame& frame, LeftOut reason, Time deadline,
                              std::size_t queued_bytes) {
  const Duration::rep to_deadline = (deadline - recording_.now).count();
  record(FrameLeftOut{.frame = FrameName::of(frame.description),
                      .to_deadline_us = static_cast<std::int32_t>(std::clamp<Duration::rep>(
                          to_deadline, std::numeric_limits<std::int32_t>::min(),
                          std::numeric_limits<std::int32_t>::max())),
                      .queued_bytes = static_cast<std::uint32_t>(std::min<std::size_t>(
                          queued_bytes, std::numeric_limits<std::uint32_t>::max())),
                      .reason = reason});
}

void FlightRecorder::link(const SocketSeen& socket, const LinkBelief& belief) {
  // The end of a congestion is noted whenever it comes.
  const bool changed = belief.congested != link_congested_;
  if (!changed && recording_.now - kLinkEach < link_noted_) return;
  link_congested_ = belief.congested;
  link_noted_ = recording_.now;
  record(socket);
  record(belief);
}

void FlightRecorder::release_stale() {
  if (!ring_.empty() && ring_.newest().time + recording_.kept < recording_.now) ring_.release();
}

OfferedFrames::OfferedFrames(FlightRecording& recording, MediaKind kind, std::size_t encodings)
    : recording_{recording},
      ring_{recording, records_in(recording.kept, kind == MediaKind::kAudio
                                                      ? kAudioFramesPerSecond
                                                      : kVideoFramesPerSecond * encodings)} {}

void OfferedFrames::note(const Frame& frame) {
  if (recording_.kept == Duration::zero()) return;
  const FrameDescription& description = frame.description;
  OfferedFrame offered{
      .arrival = frame.arrival,
      .number = description.number,
      .length = description.length,
      .lateness_100us = static_cast<std::uint16_t>(std::clamp<Duration::rep>(
          frame.lateness.count() / 100, 0, std::numeric_limits<std::uint16_t>::max())),
      .group_low = static_cast<std::uint16_t>(description.group),
      .encoding = description.encoding,
      .temporal_layer = description.temporal_layer,
      .keyframe = description.keyframe,
      .discardable = description.discardable,
      .dependency_count = description.dependency_count,
  };
  std::copy_n(description.dependency_deltas.begin(), OfferedFrame::kDependencies,
              offered.dependency_deltas.begin());
  ring_.push(offered);
}

void OfferedFrames::release_stale() {
  if (!ring_.empty() && ring_.newest().arrival + recording_.kept < recording_.now) ring_.release();
}

}  // namespace sluice::media
