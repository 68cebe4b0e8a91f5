#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "media/frame_log.h"
#include "media/frame_pool.h"
#include "media/in_step.h"
#include "sfu/message_framing.h"

namespace sluice::sfu {

/// A whole frame on its way to many subscribers: what is the same for all of them, made once.
class OutgoingFrame {
 public:
  OutgoingFrame(const media::FrameRef& frame, media::Time now);

  [[nodiscard]] const media::FrameRef& frame() const { return frame_; }
  [[nodiscard]] const media::PassingFrame& passing() const { return passing_; }
  [[nodiscard]] media::Time now() const { return now_; }
  [[nodiscard]] media::FrameLog::Record record() const;

  /// What stands before the payload: the prefix of the message, and the header of the one chunk.
  [[nodiscard]] std::span<const std::byte> head(MessageFraming framing) const {
    const Head& head = heads_[static_cast<std::size_t>(framing)];
    return std::span{head.bytes}.first(head.size);
  }
  [[nodiscard]] std::size_t wire_bytes(MessageFraming framing) const {
    return head(framing).size() + frame_->description.length;
  }

 private:
  struct Head {
    std::array<std::byte, kMediaHeadBytesMax> bytes{};
    std::size_t size = 0;
  };

  const media::FrameRef& frame_;
  media::Time now_;
  media::PassingFrame passing_;
  std::array<Head, 2> heads_;
};

}  // namespace sluice::sfu
