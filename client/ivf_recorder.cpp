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
  if (!start_) {
    if (!frame.keyframe) return {};
    start_ = frame.capture_time;
    if (auto written = file_.append(file_header(frame)); !written) return written;
  }
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(frame.capture_time - *start_);
  std::vector<std::byte> header;
  put(header, frame.payload.size(), 4);
  put(header, static_cast<std::uint64_t>(std::max<std::int64_t>(0, elapsed.count())), 8);
  if (auto written = file_.append(header); !written) return written;
  ++frames_;
  return file_.append(frame.payload);
}

std::expected<void, std::string> IvfRecorder::sound(std::chrono::microseconds,
                                                    std::span<const std::byte>) {
  return {};
}

std::expected<void, std::string> IvfRecorder::finish() {
  if (start_) {
    std::vector<std::byte> count;
    put(count, frames_, 4);
    if (auto written = file_.overwrite(kFrameCountPosition, count); !written) return written;
  }
  return file_.close();
}

}  // namespace sluice::client
