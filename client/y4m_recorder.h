#pragma once

#include "client/output_file.h"
#include "client/recorder.h"

namespace sluice::client {

/// Writes the decoded pictures into a YUV4MPEG2 file of nominally 30 frames a second. The format
/// has neither times nor sound, and one size: pictures of another size are scaled to the first one.
/// A picture from before the last one, as at a change of encoding, is left out.
class Y4mRecorder final : public Recorder {
 public:
  explicit Y4mRecorder(OutputFile file) : file_{std::move(file)} {}
  std::expected<void, std::string> video(const RecordedVideo& frame) override;
  std::expected<void, std::string> sound(std::chrono::microseconds capture_time,
                                         std::span<const std::byte> packet) override;
  std::expected<void, std::string> finish() override { return file_.close(); }

 private:
  OutputFile file_;
  std::optional<std::chrono::microseconds> last_;
  int width_ = 0;
  int height_ = 0;
};

}  // namespace sluice::client
