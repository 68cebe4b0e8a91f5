#include "tests/sim/receiver_model.h"

#include <algorithm>

#include "tests/sim/simulcast.h"

namespace sluice::sim {
namespace {

constexpr Duration kFreeze = std::chrono::milliseconds{200};
constexpr Duration kAudioGap = std::chrono::milliseconds{60};

Time captured(const media::Frame& frame) { return Time{frame.description.capture_time}; }

}  // namespace

double ReceiverModel::worth(media::MediaKind kind, const media::FrameDescription& description,
                            int encodings) {
  if (kind == media::MediaKind::kAudio) return 2;
  const double layer = description.temporal_layer == 0   ? 4
                       : description.temporal_layer == 1 ? 2
                                                         : 1;
  return layer * simulcast(encodings)[static_cast<std::size_t>(description.encoding)].value;
}

void ReceiverModel::offered(const media::Frame& frame) {
  const auto& description = frame.description;
  if (frame.kind == media::MediaKind::kAudio) {
    ++outcome_.audio_sent;
    audio_offered_.push_back(captured(frame));
  } else if (static_cast<int>(description.encoding) == encodings_ - 1) {
    ++outcome_.video_sent;
  } else {
    return;
  }
  outcome_.utility_offered += worth(frame.kind, description, encodings_);
}

void ReceiverModel::hear(const media::Frame& frame, Time now) {
  const Duration age = now - captured(frame);
  outcome_.audio_ages.push_back(age);
  if (age > budgets_.audio) return;
  ++outcome_.audio_on_time;
  outcome_.utility += worth(frame.kind, frame.description, encodings_);
  outcome_.bytes_shown += frame.description.length;
  heard_times_.push_back(now);
  audio_captures_.push_back(captured(frame));
}

bool ReceiverModel::decode(const media::FrameDescription& description) {
  // No frame of the model needs one further back than this.
  constexpr media::FrameNumber kReach = 16;
  std::set<media::FrameNumber>& decoded = decoded_[description.encoding];
  const bool can = description.keyframe ||
                   std::ranges::all_of(description.dependencies(), [&](std::uint16_t delta) {
                     return decoded.contains(description.number - delta);
                   });
  if (!can) {
    ++outcome_.undecodable;
    return false;
  }
  if (description.keyframe) decoded.clear();
  decoded.insert(description.number);
  while (*decoded.begin() + kReach < description.number) decoded.erase(decoded.begin());
  return true;
}

void ReceiverModel::show(const media::Frame& frame, Time now) {
  const auto& description = frame.description;
  if (!decode(description) || captured(frame) <= newest_) return;
  newest_ = captured(frame);
  const Duration age = now - captured(frame);
  ++outcome_.video_shown;
  outcome_.video_ages.push_back(age);
  if (age > budgets_.video) return;
  ++outcome_.video_on_time;
  outcome_.utility += worth(frame.kind, description, encodings_);
  outcome_.bytes_shown += description.length;
  shown_times_.push_back(now);
  pictures_.push_back({.captured = captured(frame), .encoding = frame.description.encoding});
  if (on_ && *on_ != description.encoding) ++outcome_.switches;
  on_ = description.encoding;
}

void ReceiverModel::received(const WireMessage& message, Time now) {
  media_bytes_ += media::chunk_header_size(message.header) + message.payload_bytes;
  outcome_.bytes_received += message.payload_bytes;
  if (message.header.abandon || !message.header.last) return;
  if (message.frame->kind == media::MediaKind::kAudio) {
    hear(*message.frame, now);
  } else {
    show(*message.frame, now);
  }
}

ReceiverModel::Outcome ReceiverModel::finish(Time now) {
  Time last{};
  shown_times_.push_back(now);
  for (const Time shown : shown_times_) {
    if (shown - last > kFreeze) {
      ++outcome_.freezes;
      outcome_.freeze_seconds += static_cast<double>((shown - last - kFreeze).count()) / 1e6;
    }
    last = shown;
  }
  shown_times_.pop_back();
  // A gap is a run of offered packets of which none was heard in time.
  auto heard = audio_captures_.begin();
  Duration gap{};
  for (const Time offered : audio_offered_) {
    if (heard != audio_captures_.end() && *heard == offered) {
      ++heard;
      outcome_.audio_gaps += gap > kAudioGap ? 1 : 0;
      gap = Duration::zero();
    } else {
      gap += std::chrono::milliseconds{20};
      outcome_.longest_audio_gap = std::max(outcome_.longest_audio_gap, gap);
    }
  }
  outcome_.audio_gaps += gap > kAudioGap ? 1 : 0;
  outcome_.utility -= kFreezePenalty * static_cast<double>(outcome_.freezes) +
                      kSwitchPenalty * static_cast<double>(outcome_.switches);
  return outcome_;
}

}  // namespace sluice::sim
