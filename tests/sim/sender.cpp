#include "tests/sim/sender.h"

#include <algorithm>

namespace sluice::sim {
namespace {

constexpr std::size_t kFramingBytes = 4;
constexpr std::size_t kPingBytes = 35;  // of JSON, with its framing
constexpr std::size_t kTailDropBytes = 64 * 1024;
constexpr std::size_t kDropToKeyframeBytes = 256 * 1024;
constexpr std::uint32_t kPriorityChunk = 1200;

}  // namespace

void Sender::add(const media::ChunkHeader& header, const media::FrameRef& frame,
                 std::uint32_t payload_bytes) {
  const std::size_t bytes = kFramingBytes + media::chunk_header_size(header) + payload_bytes;
  written_ += bytes;
  wire_.push_back(
      {.end = written_, .header = header, .frame = frame, .payload_bytes = payload_bytes});
  pending_ += bytes;
}

void Sender::add_ping(std::uint64_t id) {
  written_ += kPingBytes;
  pings_.push_back({.end = written_, .id = id});
  pending_ += kPingBytes;
}

bool Sender::flush(Time now) {
  if (pending_ > 0) pending_ -= link_.write(pending_, now);
  return pending_ == 0;
}

SluiceSender::SluiceSender(TcpLink& link, const Settings& settings)
    : Sender(link), settings_(settings), egress_(settings.bounds) {
  if (settings.tracks.empty()) {
    subscribe(
        {.handle = settings.camera, .settings = settings.video, .encodings = settings.encodings});
    subscribe({.handle = settings.microphone, .settings = settings.audio});
  }
  for (const Track& track : settings.tracks) subscribe(track);
}

void SluiceSender::subscribe(Track track) {
  track.settings.simulcast = track.encodings > 1;
  std::ignore = egress_.subscribe(track.handle, track.settings);
  if (track.settings.kind == media::MediaKind::kAudio) return;
  videos_.push_back(
      {.track = track,
       .published = std::make_unique<media::PublishedTrack>(media::PublishedTrack::Settings{})});
}

SluiceSender::Video* SluiceSender::video(media::TrackHandle handle) {
  const auto found = std::ranges::find_if(
      videos_, [handle](const Video& each) { return each.track.handle == handle; });
  return found == videos_.end() ? nullptr : &*found;
}

void SluiceSender::set_priority(media::TrackHandle track, std::uint8_t priority) {
  media::SubscriptionSettings& settings = video(track)->track.settings;
  settings.priority = priority;
  std::ignore = egress_.subscribe(track, settings);
}

void SluiceSender::on_frame(const media::FrameRef& frame, Time now) {
  if (Video* const of = video(frame->description.track)) of->published->on_frame(frame);
  egress_.push(frame);
  pump(now);
}

void SluiceSender::allocate(Time now) {
  ladders_.clear();
  for (const Video& each : videos_) {
    if (each.track.encodings < 2 || each.track.settings.hidden) continue;
    media::Egress::Ladder& ladder = ladders_.emplace_back();
    ladder.track = each.track.handle;
    for (int index = 0; index < each.track.encodings; ++index) {
      const media::EncodingId encoding{static_cast<std::uint8_t>(index)};
      if (!each.published->live(encoding)) continue;
      ladder.rungs.push_back(
          {.encoding = encoding,
           .bytes_per_second = each.published->bytes_per_second(encoding, now).value_or(0)});
    }
  }
  egress_.allocate(ladders_, controller_.estimate(), now);
}

void SluiceSender::sync(Time now) {
  std::vector<media::Egress::SyncWanted> wanted;
  egress_.sync_wanted(now, wanted);
  if (controller_.outage(now)) return;
  for (const auto& sync : wanted) {
    media::PublishedTrack& published = *video(sync.track)->published;
    if (!egress_.push_group(sync.track, published.group(sync.encoding), controller_.estimate())) {
      published.request_keyframe(sync.encoding);
    }
  }
}

void SluiceSender::pump(Time now) {
  held_back_ = false;
  if (!flush(now)) return;
  while (true) {
    if (controller_.needs_look(now)) {
      controller_.looked(link_.send_queue(), now);
      if (controller_.needs_sample(now)) controller_.sampled(link_.path(), now);
    }
    if (egress_.allocation_due(now)) allocate(now);
    sync(now);
    if (!controller_.may_send_audio()) {
      held_back_ = egress_.urgent_waiting() || egress_.video_waiting();
      if (held_back_) controller_.held_back();
      if (!held_back_ || !controller_.wants_probe(now)) return;
      probe(now);
    } else if (const auto departure =
                   egress_.next(now, controller_.estimate(), controller_.may_send_video())) {
      depart(*departure, now);
      gather_sound(now);
    } else if (egress_.video_waiting()) {
      held_back_ = true;
      controller_.held_back();
      if (!controller_.wants_probe(now)) return;
      probe(now);
    } else {
      controller_.drained();
      return;
    }
    if (!write(now)) return;
  }
}

void SluiceSender::depart(const media::Departure& departure, Time now) {
  if (controller_.wants_probe(now)) probe(now);
  const std::size_t media_bytes =
      media::chunk_header_size(departure.header) + departure.payload.size();
  controller_.wrote(kFramingBytes + media_bytes, media_bytes, now);
  add(departure.header, departure.frame, static_cast<std::uint32_t>(departure.payload.size()));
}

void SluiceSender::gather_sound(Time now) {
  while (controller_.congested() && egress_.urgent_waiting() && controller_.may_send_audio() &&
         pending_bytes() < controller_.estimate().chunk_bytes) {
    const auto departure = egress_.next(now, controller_.estimate(), false);
    if (!departure) return;
    depart(*departure, now);
  }
}

bool SluiceSender::write(Time now) {
  if (flush(now)) return true;
  controller_.blocked();
  held_back_ = true;
  return false;
}

void SluiceSender::probe(Time now) {
  add_ping(controller_.probe(now));
  controller_.wrote(kPingBytes, 0, now);
}

Time SluiceSender::next_look(Time now) const {
  return held_back_ ? media::LinkController::next_look(now) : Time::max();
}

void SluiceSender::on_report(std::uint64_t media_bytes, Time now) {
  if (settings_.reports) std::ignore = controller_.reported(media_bytes, now);
  pump(now);
}

void SluiceSender::on_pong(std::uint64_t ping, Time now) {
  controller_.answered(ping, now);
  pump(now);
}

void SluiceSender::poll_keyframe_requests(Time now, std::vector<media::Egress::SyncWanted>& out) {
  std::vector<media::EncodingId> encodings;
  for (const Video& each : videos_) {
    encodings.clear();
    each.published->poll_keyframe_requests(now, encodings);
    for (const media::EncodingId encoding : encodings) {
      out.push_back({.track = each.track.handle, .encoding = encoding});
    }
  }
}

void QueueSender::admit(const media::FrameRef& frame) {
  const auto& description = frame->description;
  if (policy_ == Policy::kTailDrop && queue_bytes_ + description.length > kTailDropBytes) return;
  if (policy_ == Policy::kDropToKeyframe && frame->kind == media::MediaKind::kVideo) {
    cameras_.insert(description.track);
    if (queue_bytes_ + description.length > kDropToKeyframeBytes) {
      std::erase_if(queue_, [&](const Entry& entry) {
        const bool out = entry.sent == 0 && entry.frame->kind == media::MediaKind::kVideo;
        if (out) queue_bytes_ -= entry.frame->description.length;
        return out;
      });
      waiting_for_keyframe_ = wanting_keyframe_ = cameras_;
    }
    if (waiting_for_keyframe_.contains(description.track) && !description.keyframe) return;
    waiting_for_keyframe_.erase(description.track);
  }
  queue_bytes_ += description.length;
  const bool urgent = policy_ == Policy::kPriority && frame->kind == media::MediaKind::kAudio;
  (urgent ? audio_ : queue_).push_back({.frame = frame});
}

void QueueSender::on_frame(const media::FrameRef& frame, Time now) {
  const bool video = frame->kind == media::MediaKind::kVideo;
  if (video && frame->description.encoding != encoding_) return;
  admit(frame);
  pump(now);
}

void QueueSender::pump(Time now) {
  if (!flush(now)) return;
  while (!audio_.empty() || !queue_.empty()) {
    std::deque<Entry>& from = audio_.empty() ? queue_ : audio_;
    Entry& entry = from.front();
    const media::FrameDescription description = entry.frame->description;
    const std::uint32_t left = description.length - entry.sent;
    const std::uint32_t bytes =
        policy_ == Policy::kPriority ? std::min(left, kPriorityChunk) : left;
    media::ChunkHeader header{.track = description.track,
                              .encoding = description.encoding,
                              .temporal_layer = description.temporal_layer,
                              .frame = description.number,
                              .offset = entry.sent,
                              .last = bytes == left,
                              .keyframe = description.keyframe,
                              .discardable = description.discardable};
    if (entry.sent == 0) header.description = description;
    const media::FrameRef frame = entry.frame;
    entry.sent += bytes;
    queue_bytes_ -= bytes;
    if (header.last) from.pop_front();
    add(header, frame, bytes);
    if (!flush(now)) return;
  }
}

void QueueSender::poll_keyframe_requests(Time now, std::vector<media::Egress::SyncWanted>& out) {
  const bool asked_lately = asked_ && now - *asked_ < std::chrono::milliseconds{500};
  if (wanting_keyframe_.empty() || asked_lately) return;
  asked_ = now;
  for (const media::TrackHandle track : wanting_keyframe_) {
    out.push_back({.track = track, .encoding = encoding_});
  }
  wanting_keyframe_.clear();
}

}  // namespace sluice::sim
