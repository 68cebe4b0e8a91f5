#pragma once

#include <expected>
#include <string>

#include "client/output_file.h"
#include "media/frame.h"
#include "media/time.h"

namespace sluice::client {

/// Writes a line of JSON for each thing that happens to a frame at a receiver:
///
///     {"event":"shown","kind":"video","encoding":0,"layer":2,"frame":17,"keyframe":false,
///      "bytes":812,"at_us":81234567,"age_us":93412}
///
/// `event`: `arrived` (whole), `shown`, `late` (decoded only) or `played` (sound). `age_us`: the
/// moment on this machine's monotonic clock minus the frame's capture time. It is a true age when
/// the publisher stamps by the same clock, as `sluice publish` on this machine does; else only its
/// differences mean something. Errors: one sentence for people; after one nothing more is written.
class FrameLog {
 public:
  enum class Event : std::uint8_t { kArrived, kShown, kLate, kPlayed };

  [[nodiscard]] static std::expected<FrameLog, std::string> open(const std::string& path);

  [[nodiscard]] std::expected<void, std::string> add(Event event,
                                                     const media::FrameDescription& frame,
                                                     media::MediaKind kind, media::Time moment);
  [[nodiscard]] std::expected<void, std::string> close() { return file_.close(); }

 private:
  explicit FrameLog(OutputFile file) : file_{std::move(file)} {}

  OutputFile file_;
};

}  // namespace sluice::client
