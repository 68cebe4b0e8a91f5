#pragma once

#include <array>
#include <cstddef>

#include "media/frame.h"
#include "media/invariant.h"

namespace sluice::media {

/// The newest frames of one encoding that went to subscribers in step (`InStep`), for their books
/// to follow.
///
/// Numbers follow one another: a frame that does not `follow` begins the log anew, and by then
/// nobody may count on what is in it.
/// Bound:    the last `kFrames`. Overflow: the oldest is forgotten; `InStep` lets fewer go before
///           the books follow.
/// Cost:     O(1); 5 kB. Holds no payload.
class FrameLog {
 public:
  static constexpr std::size_t kFrames = 64;

  struct Record {
    FrameDescription description;
    MediaKind kind{};
    Time arrival{};
    Time sent{};
  };

  /// The frame continues the log.
  [[nodiscard]] bool follows(FrameNumber number) const { return any_ && number == next_; }

  void add(const Record& record) {
    any_ = true;
    next_ = record.description.number + 1;
    records_[record.description.number % kFrames] = record;
  }

  /// A frame that was logged, among the last `kFrames`.
  [[nodiscard]] const Record& operator[](FrameNumber number) const {
    const Record& record = records_[number % kFrames];
    invariant(record.description.number == number, "the books follow before the log forgets");
    return record;
  }

  /// The number that would follow; meaningless before the first frame.
  [[nodiscard]] FrameNumber next() const { return next_; }

 private:
  FrameNumber next_ = 0;
  bool any_ = false;
  std::array<Record, kFrames> records_;
};

}  // namespace sluice::media
