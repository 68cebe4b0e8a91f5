#include "signaling/room_state_json.h"

#include <utility>

namespace sluice::signaling {

namespace {

// WebCodecs and libvpx end at 16384 pixels; the rest bounds what is certainly a mistake.
constexpr std::uint64_t kSizeMax = 16384;
constexpr std::uint64_t kTemporalLayersMax = 8;
constexpr std::uint64_t kSampleRateMin = 8000;
constexpr std::uint64_t kSampleRateMax = 192000;
constexpr std::uint64_t kChannelsMax = 8;
constexpr std::size_t kCodecBytesMax = 64;
constexpr std::size_t kIdBytesMax = 64;
// A client reads the server's list as long as it is; this only stops a broken peer.
constexpr std::size_t kTracksReadMax = 1024;

constexpr ObjectReader::TextRule kIdRule{
    .bytes_min = 1, .bytes_max = kIdBytesMax, .text = ObjectReader::Text::kPrintableAscii};

VideoDescription read_video(ObjectReader& reader) {
  VideoDescription video;
  video.width = reader.integer<std::uint32_t>("width", 1, kSizeMax);
  video.height = reader.integer<std::uint32_t>("height", 1, kSizeMax);
  video.temporal_layers = reader.integer<std::uint8_t>("temporal_layers", 1, kTemporalLayersMax);
  if (!reader.has("encodings")) return video;
  reader.objects("encodings", kEncodingsMax, [&](ObjectReader& entry) {
    EncodingInfo encoding;
    encoding.encoding = entry.integer<std::uint8_t>("encoding", 0, kEncodingsMax - 1);
    encoding.width = entry.integer<std::uint32_t>("width", 1, kSizeMax);
    encoding.height = entry.integer<std::uint32_t>("height", 1, kSizeMax);
    encoding.bitrate_bps = entry.integer<std::uint64_t>("bitrate_bps", 0, kJsonIntegerMax);
    if (!video.encodings.empty() && encoding.encoding <= video.encodings.back().encoding) {
      entry.fail("encoding", "must be greater than the one before");
    }
    video.encodings.push_back(encoding);
  });
  return video;
}

AudioDescription read_audio(ObjectReader& reader) {
  AudioDescription audio;
  audio.sample_rate = reader.integer<std::uint32_t>("sample_rate", kSampleRateMin, kSampleRateMax);
  audio.channels = reader.integer<std::uint8_t>("channels", 1, kChannelsMax);
  return audio;
}

void write_video(const VideoDescription& video, nlohmann::ordered_json& json) {
  json["width"] = video.width;
  json["height"] = video.height;
  json["temporal_layers"] = video.temporal_layers;
  auto& encodings = json["encodings"] = nlohmann::ordered_json::array();
  for (const EncodingInfo& encoding : video.encodings) {
    nlohmann::ordered_json entry;
    entry["encoding"] = encoding.encoding;
    entry["width"] = encoding.width;
    entry["height"] = encoding.height;
    entry["bitrate_bps"] = encoding.bitrate_bps;
    encodings.push_back(std::move(entry));
  }
}

}  // namespace

TrackHandle read_handle(ObjectReader& reader, const char* name) {
  return TrackHandle{reader.integer<std::uint16_t>(name, 1, 65535)};
}

TrackId read_track_id(ObjectReader& reader) { return {reader.text("track", kIdRule)}; }

ParticipantId read_participant_id(ObjectReader& reader) {
  return {reader.text("participant", kIdRule)};
}

TrackDescription read_track_description(ObjectReader& reader) {
  TrackDescription track;
  track.kind = reader.word("kind", track_kind_from_string);
  track.source = reader.word("source", track_source_from_string);
  if (kind_of(track.source) != track.kind) reader.fail("source", "does not fit the kind");
  track.codec = reader.text(
      "codec",
      {.bytes_min = 1, .bytes_max = kCodecBytesMax, .text = ObjectReader::Text::kPrintableAscii});
  track.muted = reader.boolean_or("muted", false);
  if (track.kind == TrackKind::kVideo) {
    track.video = read_video(reader);
  } else {
    track.audio = read_audio(reader);
  }
  return track;
}

TrackInfo read_track_info(ObjectReader reader) {
  TrackInfo track;
  track.track = read_track_id(reader);
  track.handle = read_handle(reader, "handle");
  track.description = read_track_description(reader);
  return track;
}

ParticipantInfo read_participant_info(ObjectReader& reader) {
  ParticipantInfo participant;
  participant.participant = read_participant_id(reader);
  participant.identity = reader.text("identity", {});
  participant.name = reader.text("name", {});
  participant.metadata = reader.text("metadata", {});
  reader.objects("tracks", kTracksReadMax, [&](const ObjectReader& track) {
    participant.tracks.push_back(read_track_info(track));
  });
  return participant;
}

void write(const TrackDescription& description, nlohmann::ordered_json& json) {
  json["kind"] = to_string(description.kind);
  json["source"] = to_string(description.source);
  json["codec"] = description.codec;
  json["muted"] = description.muted;
  if (description.kind == TrackKind::kVideo) {
    write_video(description.video, json);
  } else {
    json["sample_rate"] = description.audio.sample_rate;
    json["channels"] = description.audio.channels;
  }
}

void write(const TrackInfo& track, nlohmann::ordered_json& json) {
  json["track"] = track.track.value;
  json["handle"] = static_cast<std::uint16_t>(track.handle);
  write(track.description, json);
}

void write(const ParticipantInfo& participant, nlohmann::ordered_json& json) {
  json["participant"] = participant.participant.value;
  json["identity"] = participant.identity;
  json["name"] = participant.name;
  json["metadata"] = participant.metadata;
  auto& tracks = json["tracks"] = nlohmann::ordered_json::array();
  for (const TrackInfo& track : participant.tracks) {
    nlohmann::ordered_json entry;
    write(track, entry);
    tracks.push_back(std::move(entry));
  }
}

}  // namespace sluice::signaling
