#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>

#include "media/codec/codec_error.h"
#include "media/codec/i420_image.h"
#include "media/codec/vpx_encoder.h"

namespace sluice::media {

/// A VP8 or VP9 decoder (libvpx).
///
/// It cannot tell when a reference is missing: it shows rubbish without an error. Give it a frame
/// only when all the frames that it depends on were decoded (docs/protocol.md section 5).
/// Not safe to share between threads; movable.
class VpxDecoder {
 public:
  [[nodiscard]] static std::expected<VpxDecoder, CodecError> create(VideoCodec codec);
  VpxDecoder(VpxDecoder&&) noexcept;
  VpxDecoder& operator=(VpxDecoder&&) noexcept;
  ~VpxDecoder();

  /// Decodes one whole frame. Empty when the frame is not meant to be shown.
  /// Errors: the bytes are no frame, its picture is not 8-bit 4:2:0, or a side is over
  /// `kPictureSideMax`. After an error only a keyframe helps.
  [[nodiscard]] std::expected<std::optional<I420Image>, CodecError> decode(
      std::span<const std::byte> frame);

 private:
  struct State;
  explicit VpxDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::media
