#include "sfu/outgoing_frame.h"

namespace sluice::sfu {

OutgoingFrame::OutgoingFrame(const media::FrameRef& frame, media::Time now)
    : frame_{frame},
      now_{now},
      passing_{frame->description, frame->kind, now - (frame->arrival - frame->lateness)} {
  const std::uint32_t length = frame->description.length;
  const media::ChunkHeader header = media::chunk_header_of(frame->description, 0, length);
  for (const MessageFraming framing : {MessageFraming::kRaw, MessageFraming::kWebSocket}) {
    Head& head = heads_[static_cast<std::size_t>(framing)];
    head.size = write_media_head(framing, header, length, head.bytes);
  }
}

media::FrameLog::Record OutgoingFrame::record() const {
  return {.description = frame_->description,
          .kind = frame_->kind,
          .arrival = frame_->arrival,
          .sent = now_};
}

}  // namespace sluice::sfu
