#include "media/codec/vpx_decoder.h"

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include <algorithm>

namespace sluice::media {
namespace {

I420Image copy_picture(const vpx_image_t& view) {
  I420Image image{static_cast<int>(view.d_w), static_cast<int>(view.d_h)};
  for (int plane = 0; plane < 3; ++plane) {
    const int rows = plane == 0 ? image.height() : image.chroma_height();
    for (int y = 0; y < rows; ++y) {
      const std::span<std::uint8_t> row = image.row(plane, y);
      std::copy_n(view.planes[plane] + static_cast<std::ptrdiff_t>(y) * view.stride[plane],
                  row.size(), row.begin());
    }
  }
  return image;
}

}  // namespace

struct VpxDecoder::State {
  State() = default;
  ~State() {
    if (open) vpx_codec_destroy(&codec);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  vpx_codec_ctx_t codec{};
  bool open = false;
};

VpxDecoder::VpxDecoder(std::unique_ptr<State> state) : state_{std::move(state)} {}
VpxDecoder::VpxDecoder(VpxDecoder&&) noexcept = default;
VpxDecoder& VpxDecoder::operator=(VpxDecoder&&) noexcept = default;
VpxDecoder::~VpxDecoder() = default;

std::expected<VpxDecoder, CodecError> VpxDecoder::create(VideoCodec codec) {
  auto state = std::make_unique<State>();
  vpx_codec_iface_t* interface =
      codec == VideoCodec::kVp8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
  vpx_codec_dec_cfg_t config{.threads = 1, .w = 0, .h = 0};
  if (vpx_codec_dec_init(&state->codec, interface, &config, 0) != VPX_CODEC_OK) {
    return std::unexpected(CodecError{vpx_codec_error(&state->codec)});
  }
  state->open = true;
  return VpxDecoder{std::move(state)};
}

std::expected<std::optional<I420Image>, CodecError> VpxDecoder::decode(
    std::span<const std::byte> frame) {
  // libvpx takes an empty frame as "lost" and conceals it, which is never what is meant here.
  if (frame.empty()) return std::unexpected(CodecError{"an empty frame"});
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  if (vpx_codec_decode(&state_->codec, bytes, static_cast<unsigned>(frame.size()), nullptr, 0) !=
      VPX_CODEC_OK) {
    return std::unexpected(CodecError{vpx_codec_error(&state_->codec)});
  }
  std::optional<I420Image> shown;
  vpx_codec_iter_t iterator = nullptr;
  while (const vpx_image_t* view = vpx_codec_get_frame(&state_->codec, &iterator)) {
    if (view->fmt != VPX_IMG_FMT_I420) {
      return std::unexpected(CodecError{"the picture is not 8-bit 4:2:0"});
    }
    if (view->d_w < 1 || view->d_h < 1 || view->d_w > kPictureSideMax ||
        view->d_h > kPictureSideMax) {
      return std::unexpected(CodecError{"the picture's size is out of range"});
    }
    shown = copy_picture(*view);
  }
  return shown;
}

}  // namespace sluice::media
