#include "media/codec/vpx_encoder.h"

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "media/invariant.h"

namespace sluice::media {
namespace {

using Reference = TemporalPlace::Reference;

// Microseconds, as capture times are.
constexpr int kTicksPerSecond = 1'000'000;

// The share of the bitrate that layers 0..n have together, in per cent: what WebRTC gives them.
constexpr std::array<std::array<unsigned, 3>, 3> kCumulativeShare{
    {{100, 0, 0}, {60, 100, 0}, {40, 60, 100}}};

// Base frames live in LAST, the middle layer's in GOLDEN, ALTREF stays as the keyframe left it.
vpx_enc_frame_flags_t reference_flags(const TemporalPlace& place) {
  if (place.keyframe) return VPX_EFLAG_FORCE_KF;
  vpx_enc_frame_flags_t flags = VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_ARF;
  flags |= place.reads == Reference::kBase ? VP8_EFLAG_NO_REF_GF : VP8_EFLAG_NO_REF_LAST;
  if (place.replaces != Reference::kBase) flags |= VP8_EFLAG_NO_UPD_LAST;
  if (place.replaces != Reference::kMiddle) flags |= VP8_EFLAG_NO_UPD_GF;
  // A frame that may be left out must not teach the entropy coder anything.
  if (place.replaces != Reference::kBase) flags |= VP8_EFLAG_NO_UPD_ENTROPY;
  return flags;
}

// libvpx's cpu-used, larger is faster: what WebRTC takes for small realtime pictures.
int speed(VideoCodec codec) { return codec == VideoCodec::kVp8 ? -6 : 8; }

// Rows of tiles or token partitions do not pay at the sizes of a call, and libvpx's VP8 threads
// spin while they wait, which ruins a busy machine.
constexpr unsigned kThreads = 1;

void set_layer_bitrates(vpx_codec_enc_cfg_t& cfg, int layers, std::uint32_t bits_per_second) {
  cfg.rc_target_bitrate = std::max<unsigned>(1, bits_per_second / 1000);
  for (int layer = 0; layer < layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    const unsigned share = kCumulativeShare[static_cast<std::size_t>(layers - 1)][index];
    const unsigned kbps = std::max(1U, cfg.rc_target_bitrate * share / 100);
    cfg.ts_target_bitrate[index] = kbps;
    cfg.layer_target_bitrate[index] = kbps;
  }
}

void set_layers(vpx_codec_enc_cfg_t& cfg, int layers) {
  constexpr std::array<std::array<unsigned, 4>, 3> kLayerIds{
      {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}}};
  cfg.ss_number_layers = 1;
  cfg.ts_number_layers = static_cast<unsigned>(layers);
  cfg.ts_periodicity = layers == 3 ? 4U : static_cast<unsigned>(layers);
  for (int layer = 0; layer < layers; ++layer) {
    cfg.ts_rate_decimator[layer] = 1U << static_cast<unsigned>(layers - 1 - layer);
  }
  std::ranges::copy(kLayerIds[static_cast<std::size_t>(layers - 1)], cfg.ts_layer_id);
  // The pattern is ours: each frame says what it reads and replaces.
  cfg.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS;
  // VP9 otherwise predicts motion from whichever frame was decoded before this one.
  cfg.g_error_resilient = layers > 1 ? VPX_ERROR_RESILIENT_DEFAULT : 0;
}

vpx_codec_enc_cfg_t realtime_config(vpx_codec_iface_t* interface, const VpxEncoderConfig& config) {
  vpx_codec_enc_cfg_t cfg;
  const vpx_codec_err_t status = vpx_codec_enc_config_default(interface, &cfg, 0);
  invariant(status == VPX_CODEC_OK, "libvpx has defaults for its own encoders");
  cfg.g_w = static_cast<unsigned>(config.width);
  cfg.g_h = static_cast<unsigned>(config.height);
  cfg.g_timebase = {1, kTicksPerSecond};
  cfg.g_threads = kThreads;
  cfg.g_lag_in_frames = 0;
  cfg.g_pass = VPX_RC_ONE_PASS;
  cfg.rc_end_usage = VPX_CBR;
  // Skipping is better than a queue: at less than 30 % of the buffer, frames are left out.
  cfg.rc_dropframe_thresh = 30;
  cfg.rc_resize_allowed = 0;
  cfg.rc_min_quantizer = 2;
  cfg.rc_max_quantizer = 56;
  cfg.rc_undershoot_pct = 100;
  cfg.rc_overshoot_pct = 15;
  cfg.rc_buf_initial_sz = 500;
  cfg.rc_buf_optimal_sz = 600;
  cfg.rc_buf_sz = 1000;
  // A keyframe costs many frames of bandwidth: only who needs one asks.
  cfg.kf_mode = VPX_KF_DISABLED;
  set_layers(cfg, config.temporal_layers);
  set_layer_bitrates(cfg, config.temporal_layers, config.bitrate_bps);
  return cfg;
}

}  // namespace

struct VpxEncoder::State {
  explicit State(const VpxEncoderConfig& chosen)
      : config{chosen}, pattern{chosen.temporal_layers} {}
  ~State() {
    if (open) vpx_codec_destroy(&codec);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] CodecError error(const char* doing) {
    const char* detail = vpx_codec_error_detail(&codec);
    return {std::string{doing} + ": " + vpx_codec_error(&codec) +
            (detail != nullptr ? std::string{" ("} + detail + ")" : std::string{})};
  }

  VpxEncoderConfig config;
  vpx_codec_enc_cfg_t vpx_config{};
  vpx_codec_ctx_t codec{};
  bool open = false;
  TemporalPattern pattern;
  bool keyframe_wanted = true;
  FrameNumber next_number = 0;
  std::uint32_t next_group = 0;
  std::int64_t last_pts = -1;

  bool control(int id, int value) { return vpx_codec_control_(&codec, id, value) == VPX_CODEC_OK; }

  [[nodiscard]] bool set_controls() {
    // A keyframe may take what nine frames may (in per cent of the frame budget), as in WebRTC.
    const int keyframe_limit = 900;
    bool done = control(VP8E_SET_CPUUSED, speed(config.codec)) &&
                control(VP8E_SET_STATIC_THRESHOLD, 1) &&
                control(VP8E_SET_MAX_INTRA_BITRATE_PCT, keyframe_limit);
    if (config.codec == VideoCodec::kVp8) {
      return done && control(VP8E_SET_NOISE_SENSITIVITY, 0) &&
             control(VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
    }
    if (config.temporal_layers > 1) done = done && set_vp9_layer_quantizers();
    // Cyclic refresh: quality where nothing moves, without keyframes.
    return done && control(VP9E_SET_AQ_MODE, 3) && control(VP9E_SET_FRAME_PERIODIC_BOOST, 0);
  }

  bool set_vp9_layer_quantizers() {
    if (!control(VP9E_SET_SVC, 1)) return false;
    vpx_svc_extra_cfg_t parameters{};
    for (int layer = 0; layer < config.temporal_layers; ++layer) {
      parameters.max_quantizers[layer] = static_cast<int>(vpx_config.rc_max_quantizer);
      parameters.min_quantizers[layer] = static_cast<int>(vpx_config.rc_min_quantizer);
    }
    parameters.scaling_factor_num[0] = 1;
    parameters.scaling_factor_den[0] = 1;
    return vpx_codec_control_(&codec, VP9E_SET_SVC_PARAMETERS, &parameters) == VPX_CODEC_OK;
  }

  bool set_layer(std::uint8_t temporal_layer) {
    if (config.temporal_layers == 1) return true;
    if (config.codec == VideoCodec::kVp8) {
      return control(VP8E_SET_TEMPORAL_LAYER_ID, temporal_layer);
    }
    vpx_svc_layer_id_t id{};
    id.temporal_layer_id = temporal_layer;
    id.temporal_layer_id_per_spatial[0] = temporal_layer;
    return vpx_codec_control_(&codec, VP9E_SET_SVC_LAYER_ID, &id) == VPX_CODEC_OK;
  }
};

VpxEncoder::VpxEncoder(std::unique_ptr<State> state) : state_{std::move(state)} {}
VpxEncoder::VpxEncoder(VpxEncoder&&) noexcept = default;
VpxEncoder& VpxEncoder::operator=(VpxEncoder&&) noexcept = default;
VpxEncoder::~VpxEncoder() = default;

std::expected<VpxEncoder, CodecError> VpxEncoder::create(const VpxEncoderConfig& config) {
  if (config.width < 1 || config.height < 1 || config.width > kPictureSideMax ||
      config.height > kPictureSideMax || config.frames_per_second < 1 ||
      config.temporal_layers < 1 || config.temporal_layers > 3) {
    return std::unexpected(CodecError{"the encoder's configuration is out of range"});
  }
  auto state = std::make_unique<State>(config);
  vpx_codec_iface_t* interface =
      config.codec == VideoCodec::kVp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
  state->vpx_config = realtime_config(interface, config);
  if (vpx_codec_enc_init(&state->codec, interface, &state->vpx_config, 0) != VPX_CODEC_OK) {
    return std::unexpected(state->error("cannot open the video encoder"));
  }
  state->open = true;
  if (!state->set_controls()) {
    return std::unexpected(state->error("cannot configure the video encoder"));
  }
  return VpxEncoder{std::move(state)};
}

std::expected<std::optional<EncodedVideoFrame>, CodecError> VpxEncoder::encode(
    const I420Image& image, std::chrono::microseconds capture_time) {
  State& state = *state_;
  invariant(image.width() == state.config.width && image.height() == state.config.height,
            "a picture has the size that the encoder was made for");
  const TemporalPlace place = state.pattern.next(state.keyframe_wanted);

  vpx_image_t view;
  // libvpx takes pointers to mutable planes and only reads them.
  auto* pixels = const_cast<unsigned char*>(image.bytes().data());
  vpx_img_wrap(&view, VPX_IMG_FMT_I420, static_cast<unsigned>(image.width()),
               static_cast<unsigned>(image.height()), 1, pixels);
  // vpx_img_wrap rounds odd sides up, so the planes are named here.
  for (int plane = 0; plane < 3; ++plane) {
    view.planes[plane] = const_cast<unsigned char*>(image.plane(plane).data());
    view.stride[plane] = plane == 0 ? image.width() : image.chroma_width();
  }

  // libvpx refuses a time that does not rise.
  const std::int64_t pts = std::max<std::int64_t>(capture_time.count(), state.last_pts + 1);
  state.last_pts = pts;
  const auto duration =
      static_cast<unsigned long>(kTicksPerSecond / state.config.frames_per_second);
  if (!state.set_layer(place.temporal_layer) ||
      vpx_codec_encode(&state.codec, &view, pts, duration, reference_flags(place),
                       VPX_DL_REALTIME) != VPX_CODEC_OK) {
    return std::unexpected(state.error("cannot encode a frame"));
  }

  std::optional<EncodedVideoFrame> frame;
  vpx_codec_iter_t iterator = nullptr;
  while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&state.codec, &iterator)) {
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT || packet->data.frame.sz == 0) continue;
    invariant(!frame, "one picture makes at most one frame");
    const bool keyframe = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    invariant(keyframe == place.keyframe, "keyframes come when they are asked for");
    const auto* bytes = static_cast<const std::byte*>(packet->data.frame.buf);
    frame.emplace();
    frame->payload.assign(bytes, bytes + packet->data.frame.sz);
    frame->number = state.next_number++;
    if (keyframe && frame->number != 0) ++state.next_group;
    frame->group = state.next_group;
    frame->place = place;
  }
  if (frame) {
    state.pattern.advance(place);
    state.keyframe_wanted = false;
  }
  return frame;
}

void VpxEncoder::request_keyframe() { state_->keyframe_wanted = true; }

std::expected<void, CodecError> VpxEncoder::set_bitrate(std::uint32_t bits_per_second) {
  set_layer_bitrates(state_->vpx_config, state_->config.temporal_layers, bits_per_second);
  if (vpx_codec_enc_config_set(&state_->codec, &state_->vpx_config) != VPX_CODEC_OK) {
    return std::unexpected(state_->error("cannot change the bitrate"));
  }
  state_->config.bitrate_bps = bits_per_second;
  return {};
}

const VpxEncoderConfig& VpxEncoder::config() const { return state_->config; }

}  // namespace sluice::media
