#include "client/y4m_recorder.h"

#include "client/picture_scaler.h"

namespace sluice::client {
namespace {

constexpr auto kSameClock = std::chrono::seconds{10};

}  // namespace

std::expected<void, std::string> Y4mRecorder::video(const RecordedVideo& frame) {
  // One from long before is of another clock: the publisher came anew.
  if (last_ && frame.capture_time <= *last_ && frame.capture_time > *last_ - kSameClock) return {};
  last_ = frame.capture_time;
  const media::I420Image& picture = *frame.picture;
  if (width_ == 0) {
    width_ = picture.width();
    height_ = picture.height();
    const std::string header = "YUV4MPEG2 W" + std::to_string(width_) + " H" +
                               std::to_string(height_) + " F30:1 Ip A1:1 C420mpeg2\n";
    if (auto written = file_.append(std::as_bytes(std::span{header})); !written) return written;
  }
  constexpr std::string_view kFrame = "FRAME\n";
  if (auto written = file_.append(std::as_bytes(std::span{kFrame})); !written) return written;
  if (picture.width() != width_ || picture.height() != height_) {
    return file_.append(std::as_bytes(resize(picture, width_, height_).bytes()));
  }
  return file_.append(std::as_bytes(picture.bytes()));
}

std::expected<void, std::string> Y4mRecorder::sound(std::chrono::microseconds,
                                                    std::span<const std::byte>) {
  return {};
}

}  // namespace sluice::client
