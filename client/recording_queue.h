#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace sluice::client {

/// One frame of a recording.
struct RecordedBlock {
  enum class Track : std::uint8_t { kVideo = 1, kSound = 2 };
  Track track{};
  std::chrono::microseconds time{};  ///< on the publisher's clock
  bool keyframe = false;
  std::vector<std::byte> payload;
};

/// Holds the newest frames of a recording back, to bring them into an order that a file can have.
///
/// Tracks:    what comes out is in the order of the times across them, and in decode order within
///            each.
/// Encodings: when the server moves to another simulcast encoding, its keyframe may come from a
///            cache, captured before frames of the encoding that was shown until then. Those are
///            not needed by any frame after that keyframe, and show what its group shows again, so
///            they are left out: each moment is in the file once, at its time. The group's upper
///            temporal layers may be missing, so fewer pictures a second may show that time.
/// Bound:     kSpan of frames: 10 s at 2.5 Mbit/s are 3 MB. Overflow: what is older goes out; a
///            keyframe still older is given the first time after it.
class RecordingQueue {
 public:
  /// As long as the server goes back at most at a usual bitrate (media/group_cache.h).
  static constexpr auto kSpan = std::chrono::seconds{10};

  /// Takes a frame; those of the video track come in decode order.
  void push(RecordedBlock block);

  /// What has waited for kSpan; nothing when there is none.
  [[nodiscard]] std::optional<RecordedBlock> pop();
  /// The first frame, however short it waited, as at the end.
  [[nodiscard]] std::optional<RecordedBlock> pop_now();

  /// Leaves out what was captured before `time`.
  void drop_before(std::chrono::microseconds time);

  /// Whether `pop` has something.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] bool empty() const { return blocks_.empty(); }

 private:
  [[nodiscard]] std::optional<std::chrono::microseconds> last_video() const;

  std::deque<RecordedBlock> blocks_;  ///< in the order of their times
  std::optional<std::chrono::microseconds> last_video_out_;
};

}  // namespace sluice::client
