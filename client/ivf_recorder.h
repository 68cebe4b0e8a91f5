#pragma once

#include "client/output_file.h"
#include "client/recorder.h"
#include "client/recording_queue.h"

namespace sluice::client {

/// Writes the video as it came into an IVF file, in milliseconds from the first picture; they rise
/// from frame to frame. The sound is left out: the format has none.
/// Bound: that of RecordingQueue.
/// Source: libvpx's ivfenc.c; all numbers are little-endian.
class IvfRecorder final : public Recorder {
 public:
  explicit IvfRecorder(OutputFile file) : file_{std::move(file)} {}
  std::expected<void, std::string> video(const RecordedVideo& frame) override;
  std::expected<void, std::string> sound(std::chrono::microseconds capture_time,
                                         std::span<const std::byte> packet) override;
  std::expected<void, std::string> finish() override;

 private:
  std::expected<void, std::string> write(const RecordedBlock& block);

  OutputFile file_;
  RecordingQueue queue_;
  bool begun_ = false;
  std::optional<std::chrono::microseconds> start_;  ///< of the first picture written
  std::int64_t last_ms_ = -1;
  std::uint32_t frames_ = 0;
};

}  // namespace sluice::client
