#include "client/frame_log.h"

#include <cstdio>
#include <span>
#include <utility>

namespace sluice::client {
namespace {

const char* name_of(FrameLog::Event event) {
  switch (event) {
    case FrameLog::Event::kArrived:
      return "arrived";
    case FrameLog::Event::kShown:
      return "shown";
    case FrameLog::Event::kLate:
      return "late";
    case FrameLog::Event::kPlayed:
      break;
  }
  return "played";
}

}  // namespace

std::expected<FrameLog, std::string> FrameLog::open(const std::string& path) {
  auto file = OutputFile::open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  return FrameLog{*std::move(file)};
}

std::expected<void, std::string> FrameLog::add(Event event, const media::FrameDescription& frame,
                                               media::MediaKind kind, media::Time moment) {
  const auto at = moment.time_since_epoch().count();
  // Unsigned, since the capture time is a peer's word and may be anything.
  const auto age = static_cast<std::int64_t>(
      static_cast<std::uint64_t>(at) - static_cast<std::uint64_t>(frame.capture_time.count()));
  char line[256];
  const int length =
      std::snprintf(line, sizeof line,
                    "{\"event\":\"%s\",\"kind\":\"%s\",\"encoding\":%d,\"layer\":%d,\"frame\":%u,"
                    "\"keyframe\":%s,\"bytes\":%u,\"at_us\":%lld,\"age_us\":%lld}\n",
                    name_of(event), kind == media::MediaKind::kAudio ? "audio" : "video",
                    static_cast<int>(frame.encoding), int{frame.temporal_layer}, frame.number,
                    frame.keyframe ? "true" : "false", frame.length, static_cast<long long>(at),
                    static_cast<long long>(age));
  return file_.append(std::as_bytes(std::span{line, static_cast<std::size_t>(length)}));
}

}  // namespace sluice::client
