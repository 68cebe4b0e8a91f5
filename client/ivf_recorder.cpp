#include "client/ivf_recorder.h"

#include <algorithm>
#include <vector>

namespace sluice::client {
namespace {

constexpr std::uint64_t kFrameCountPosition = 24;
constexpr std::uint32_t kTicksPerSecond = 1000;

void put(std::vector<std::byte>& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
}

std::vector<std::byte> file_header(const RecordedVideo& frame) {
  std::vector<std::byte> bytes;
  const std::string_view names =
      frame.codec == media::VideoCodec::kVp8 ? "DKIF....VP80" : "DKIF....VP90";
  const auto put_name = [&](std::string_view name) {
    for (const char c : name) bytes.push_back(static_cast<std::byte>(c));
  };
  put_name(names.substr(0, 4));
  put(bytes, 0, 2);   // version
  put(bytes, 32, 2);  // bytes of this header
  put_name(names.substr(8));
  put(bytes, static_cast<std::uint64_t>(frame.picture->width()), 2);
  put(bytes, static_cast<std::uint64_t>(frame.picture->height()), 2);
  put(bytes, kTicksPerSecond, 4);
  put(bytes, 1, 4);
  put(bytes, 0, 4);  // frames, known at the end
  put(bytes, 0, 4);
  return bytes;
}

}  // namespace

std::expected<void, std::string> IvfRecorder::video(const RecordedVideo& frame) {
  if (!begun_) {
    if (!frame.keyframe) return {};
    begun_ = true;
    if (auto written = file_.append(file_header(frame)); !written) return written;
  }
  queue_.push({.track = RecordedBlock::Track::kVideo,
               .time = frame.capture_time,
               .keyframe = frame.keyframe,
               .payload = {frame.payload.begin(), frame.payload.end()}});
  while (const auto next = queue_.pop()) {
    if (auto written = write(*next); !written) return written;
  }
  return {};
}

std::expected<void, std::string> IvfRecorder::write(const RecordedBlock& block) {
  if (!start_) start_ = block.time;
  const auto elapsed = std::chrono::round<std::chrono::milliseconds>(block.time - *start_);
  last_ms_ = std::max<std::int64_t>(elapsed.count(), last_ms_ + 1);
  std::vector<std::byte> header;
  put(header, block.payload.size(), 4);
  put(header, static_cast<std::uint64_t>(last_ms_), 8);
  if (auto written = file_.append(header); !written) return written;
  ++frames_;
  return file_.append(block.payload);
}

std::expected<void, std::string> IvfRecorder::sound(std::chrono::microseconds,
                                                    std::span<const std::byte>) {
  return {};
}

std::expected<void, std::string> IvfRecorder::finish() {
  while (const auto next = queue_.pop_now()) {
    if (auto written = write(*next); !written) return written;
  }
  if (begun_) {
    std::vector<std::byte> count;
    put(count, frames_, 4);
    if (auto written = file_.overwrite(kFrameCountPosition, count); !written) return written;
  }
  return file_.close();
}

}  // namespace sluice::client
