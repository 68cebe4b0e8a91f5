#include "client/webm_recorder.h"

#include <algorithm>
#include <array>

namespace sluice::client {
namespace {

// Element ids, RFC 8794 section 11.2 and RFC 9559 section 5.
constexpr std::uint32_t kEbml = 0x1A45DFA3;
constexpr std::uint32_t kEbmlVersion = 0x4286;
constexpr std::uint32_t kEbmlReadVersion = 0x42F7;
constexpr std::uint32_t kEbmlMaxIdLength = 0x42F2;
constexpr std::uint32_t kEbmlMaxSizeLength = 0x42F3;
constexpr std::uint32_t kDocType = 0x4282;
constexpr std::uint32_t kDocTypeVersion = 0x4287;
constexpr std::uint32_t kDocTypeReadVersion = 0x4285;
constexpr std::uint32_t kSegment = 0x18538067;
constexpr std::uint32_t kSeekHead = 0x114D9B74;
constexpr std::uint32_t kSeek = 0x4DBB;
constexpr std::uint32_t kSeekId = 0x53AB;
constexpr std::uint32_t kSeekPosition = 0x53AC;
constexpr std::uint32_t kInfo = 0x1549A966;
constexpr std::uint32_t kTimestampScale = 0x2AD7B1;
constexpr std::uint32_t kDuration = 0x4489;
constexpr std::uint32_t kMuxingApp = 0x4D80;
constexpr std::uint32_t kWritingApp = 0x5741;
constexpr std::uint32_t kTracks = 0x1654AE6B;
constexpr std::uint32_t kTrackEntry = 0xAE;
constexpr std::uint32_t kTrackNumber = 0xD7;
constexpr std::uint32_t kTrackUid = 0x73C5;
constexpr std::uint32_t kTrackType = 0x83;
constexpr std::uint32_t kFlagLacing = 0x9C;
constexpr std::uint32_t kCodecId = 0x86;
constexpr std::uint32_t kCodecPrivate = 0x63A2;
constexpr std::uint32_t kCodecDelay = 0x56AA;
constexpr std::uint32_t kSeekPreRoll = 0x56BB;
constexpr std::uint32_t kVideo = 0xE0;
constexpr std::uint32_t kPixelWidth = 0xB0;
constexpr std::uint32_t kPixelHeight = 0xBA;
constexpr std::uint32_t kAudio = 0xE1;
constexpr std::uint32_t kSamplingFrequency = 0xB5;
constexpr std::uint32_t kChannels = 0x9F;
constexpr std::uint32_t kCluster = 0x1F43B675;
constexpr std::uint32_t kTimestamp = 0xE7;
constexpr std::uint32_t kSimpleBlock = 0xA3;
constexpr std::uint32_t kCues = 0x1C53BB6B;
constexpr std::uint32_t kCuePoint = 0xBB;
constexpr std::uint32_t kCueTime = 0xB3;
constexpr std::uint32_t kCueTrackPositions = 0xB7;
constexpr std::uint32_t kCueTrack = 0xF7;
constexpr std::uint32_t kCueClusterPosition = 0xF1;

// Three entries of id and position: 3 * 39 bytes and the head's own 12, with room to spare.
constexpr std::size_t kSeekHeadRoom = 160;
// A block's time is 16 bits signed, relative to its cluster.
constexpr std::int64_t kClusterMs = 5000;

// libopus' look-ahead of 6.5 ms at 48 kHz. What a browser used is not on the wire; a wrong value
// would move the sound by a few milliseconds.
constexpr std::uint16_t kOpusPreSkip = 312;
constexpr std::uint64_t kOpusDelayNs = 6'500'000;
constexpr std::uint64_t kOpusPreRollNs = 80'000'000;  // RFC 7845 section 4.6

std::array<std::byte, 19> opus_head() {
  std::array<std::byte, 19> head{};
  constexpr std::string_view kMagic = "OpusHead";
  std::ranges::transform(kMagic, head.begin(), [](char c) { return static_cast<std::byte>(c); });
  head[8] = std::byte{1};  // version
  head[9] = std::byte{2};  // channels: a decoder makes both of a mono packet
  head[10] = std::byte{kOpusPreSkip & 0xFF};
  head[11] = std::byte{kOpusPreSkip >> 8};
  head[12] = std::byte{0x80};  // 48000, little-endian
  head[13] = std::byte{0xBB};
  return head;
}

EbmlWriter ebml_header() {
  EbmlWriter fields;
  fields.unsigned_integer(kEbmlVersion, 1);
  fields.unsigned_integer(kEbmlReadVersion, 1);
  fields.unsigned_integer(kEbmlMaxIdLength, 4);
  fields.unsigned_integer(kEbmlMaxSizeLength, 8);
  fields.text(kDocType, "webm");
  fields.unsigned_integer(kDocTypeVersion, 4);
  fields.unsigned_integer(kDocTypeReadVersion, 2);
  EbmlWriter header;
  header.master(kEbml, fields);
  return header;
}

void add_seek(EbmlWriter& head, std::uint32_t id, std::uint64_t position) {
  std::array<std::byte, 4> id_bytes{};
  for (std::size_t i = 0; i < 4; ++i) id_bytes[i] = static_cast<std::byte>(id >> (24 - 8 * i));
  EbmlWriter seek;
  seek.binary(kSeekId, id_bytes);
  seek.unsigned_integer(kSeekPosition, position);
  head.master(kSeek, seek);
}

std::int64_t to_ms(std::chrono::microseconds time) { return (time.count() + 500) / 1000; }

}  // namespace

std::expected<void, std::string> WebmRecorder::video(const RecordedVideo& frame) {
  if (!video_format_) {
    if (!frame.keyframe) return {};
    // Sound that was before the first picture has no place in the file.
    if (!start_) queue_.drop_before(frame.capture_time);
    video_format_ = {
        .codec = frame.codec, .width = frame.picture->width(), .height = frame.picture->height()};
  }
  return add({.track = Track::kVideo,
              .time = frame.capture_time,
              .keyframe = frame.keyframe,
              .payload = {frame.payload.begin(), frame.payload.end()}});
}

std::expected<void, std::string> WebmRecorder::sound(Time capture_time,
                                                     std::span<const std::byte> packet) {
  return add({.track = Track::kSound,
              .time = capture_time,
              .keyframe = true,
              .payload = {packet.begin(), packet.end()}});
}

std::expected<void, std::string> WebmRecorder::add(RecordedBlock block) {
  TrackState& track = state(block.track);
  if (start_ && !track.declared) return {};
  track.seen = true;
  queue_.push(std::move(block));
  while (const auto next = queue_.pop()) {
    if (auto written = write(*next); !written) return written;
  }
  return {};
}

std::expected<void, std::string> WebmRecorder::write(const RecordedBlock& block) {
  if (!start_) {
    if (auto written = write_header(block.time); !written) return written;
  }
  return write_block(block);
}

EbmlWriter WebmRecorder::info_element(double duration_ms) const {
  EbmlWriter fields;
  fields.unsigned_integer(kTimestampScale, 1'000'000);  // milliseconds
  fields.floating(kDuration, duration_ms);
  fields.text(kMuxingApp, "sluice " SLUICE_VERSION);
  fields.text(kWritingApp, "sluice " SLUICE_VERSION);
  EbmlWriter info;
  info.master(kInfo, fields);
  return info;
}

EbmlWriter WebmRecorder::tracks_element() const {
  EbmlWriter entries;
  const auto add_entry = [&](Track track, std::uint64_t type, std::string_view codec,
                             const auto& rest) {
    EbmlWriter entry;
    entry.unsigned_integer(kTrackNumber, static_cast<std::uint64_t>(track));
    entry.unsigned_integer(kTrackUid, static_cast<std::uint64_t>(track));
    entry.unsigned_integer(kTrackType, type);
    entry.unsigned_integer(kFlagLacing, 0);
    entry.text(kCodecId, codec);
    rest(entry);
    entries.master(kTrackEntry, entry);
  };
  if (state(Track::kVideo).declared) {
    const bool vp8 = video_format_->codec == media::VideoCodec::kVp8;
    add_entry(Track::kVideo, 1, vp8 ? "V_VP8" : "V_VP9", [&](EbmlWriter& entry) {
      EbmlWriter video;
      video.unsigned_integer(kPixelWidth, static_cast<std::uint64_t>(video_format_->width));
      video.unsigned_integer(kPixelHeight, static_cast<std::uint64_t>(video_format_->height));
      entry.master(kVideo, video);
    });
  }
  if (state(Track::kSound).declared) {
    add_entry(Track::kSound, 2, "A_OPUS", [&](EbmlWriter& entry) {
      entry.binary(kCodecPrivate, opus_head());
      entry.unsigned_integer(kCodecDelay, kOpusDelayNs);
      entry.unsigned_integer(kSeekPreRoll, kOpusPreRollNs);
      EbmlWriter audio;
      audio.floating(kSamplingFrequency, 48'000);
      audio.unsigned_integer(kChannels, 2);
      entry.master(kAudio, audio);
    });
  }
  EbmlWriter tracks;
  tracks.master(kTracks, entries);
  return tracks;
}

std::expected<void, std::string> WebmRecorder::write_header(Time start) {
  for (TrackState& track : tracks_) track.declared = track.seen;
  start_ = start;
  EbmlWriter head = ebml_header();
  head.begin_unknown(kSegment);
  segment_body_ = head.size();
  head.padding(kSeekHeadRoom);
  if (auto written = file_.append(head.bytes()); !written) return written;
  info_position_ = file_.size() - segment_body_;
  if (auto written = file_.append(info_element(0).bytes()); !written) return written;
  tracks_position_ = file_.size() - segment_body_;
  return file_.append(tracks_element().bytes());
}

std::expected<void, std::string> WebmRecorder::write_block(const RecordedBlock& block) {
  TrackState& track = state(block.track);
  // Two frames of a track never share a time, however close they were captured, and none lies
  // before the one that went out before it, as when the publisher came anew with another clock.
  const std::int64_t time_ms = std::max(to_ms(block.time - *start_), track.last_ms + 1);
  track.last_ms = time_ms;
  const bool begins_group = block.track == Track::kVideo && block.keyframe;
  const std::int64_t into_cluster = time_ms - cluster_ms_;
  if (cluster_.empty() || begins_group || into_cluster > kClusterMs || into_cluster < -kClusterMs) {
    if (auto written = write_cluster(); !written) return written;
    cluster_ms_ = time_ms;
    cluster_.unsigned_integer(kTimestamp, static_cast<std::uint64_t>(time_ms));
    cluster_has_keyframe_ = begins_group || !state(Track::kVideo).declared;
  }
  const auto relative = static_cast<std::uint16_t>(time_ms - cluster_ms_);
  std::vector<std::byte> body;
  body.reserve(4 + block.payload.size());
  body.push_back(std::byte{0x80} | static_cast<std::byte>(block.track));
  body.push_back(static_cast<std::byte>(relative >> 8U));
  body.push_back(static_cast<std::byte>(relative & 0xFFU));
  body.push_back(block.keyframe ? std::byte{0x80} : std::byte{0});
  body.insert(body.end(), block.payload.begin(), block.payload.end());
  cluster_.binary(kSimpleBlock, body);
  end_ms_ = std::max(end_ms_, time_ms);
  return {};
}

std::expected<void, std::string> WebmRecorder::write_cluster() {
  if (cluster_.empty()) return {};
  if (cluster_has_keyframe_) {
    cues_.push_back({.time_ms = cluster_ms_, .cluster_position = file_.size() - segment_body_});
  }
  EbmlWriter element;
  element.master(kCluster, cluster_);
  cluster_ = {};
  return file_.append(element.bytes());
}

std::expected<void, std::string> WebmRecorder::finish() {
  while (const auto next = queue_.pop_now()) {
    if (auto written = write(*next); !written) return written;
  }
  if (!start_) return file_.close();  // nothing was received: an empty file
  if (auto written = write_cluster(); !written) return written;

  const std::uint64_t cues_position = file_.size() - segment_body_;
  const Track searched = state(Track::kVideo).declared ? Track::kVideo : Track::kSound;
  EbmlWriter points;
  for (const Cue& cue : cues_) {
    EbmlWriter position;
    position.unsigned_integer(kCueTrack, static_cast<std::uint64_t>(searched));
    position.unsigned_integer(kCueClusterPosition, cue.cluster_position);
    EbmlWriter point;
    point.unsigned_integer(kCueTime, static_cast<std::uint64_t>(cue.time_ms));
    point.master(kCueTrackPositions, position);
    points.master(kCuePoint, point);
  }
  EbmlWriter cues;
  cues.master(kCues, points);
  if (auto written = file_.append(cues.bytes()); !written) return written;

  EbmlWriter seeks;
  add_seek(seeks, kInfo, info_position_);
  add_seek(seeks, kTracks, tracks_position_);
  add_seek(seeks, kCues, cues_position);
  EbmlWriter head;
  head.master(kSeekHead, seeks);
  head.padding(kSeekHeadRoom - head.size());
  if (auto written = file_.overwrite(segment_body_, head.bytes()); !written) return written;

  // The last frame lasts about as long as those before it.
  constexpr double kLastFrameMs = 20;
  const EbmlWriter info = info_element(static_cast<double>(end_ms_) + kLastFrameMs);
  if (auto written = file_.overwrite(segment_body_ + info_position_, info.bytes()); !written) {
    return written;
  }
  const auto length = EbmlWriter::length_bytes(file_.size() - segment_body_);
  if (auto written = file_.overwrite(segment_body_ - length.size(), length); !written) {
    return written;
  }
  return file_.close();
}

}  // namespace sluice::client
