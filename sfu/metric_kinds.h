#pragma once

#include "media/frame.h"
#include "metrics/labels.h"

namespace sluice::sfu {

/// What media calls a frame's kind, as the labels of the metrics.
[[nodiscard]] inline metrics::FrameKind frame_kind(media::MediaKind kind) {
  return kind == media::MediaKind::kAudio ? metrics::FrameKind::kAudio : metrics::FrameKind::kVideo;
}

[[nodiscard]] inline metrics::ByteKind byte_kind(media::MediaKind kind) {
  return kind == media::MediaKind::kAudio ? metrics::ByteKind::kAudio : metrics::ByteKind::kVideo;
}

}  // namespace sluice::sfu
