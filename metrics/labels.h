#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::metrics {

/// The label values of every metric are closed enums, so no client can make a new time series,
/// and no name of a room or a person can become one.
enum class FrameKind : std::uint8_t { kAudio, kVideo };
enum class ByteKind : std::uint8_t { kAudio, kVideo, kControl };
enum class TrackSource : std::uint8_t { kMicrophone, kCamera, kScreen, kScreenAudio };
enum class Transport : std::uint8_t { kRaw, kWebSocket };
enum class Tls : std::uint8_t { kNo, kYes };

/// Why a connection was closed before it became a session.
enum class Refusal : std::uint8_t {
  kServerFull,    ///< over the greatest number of sessions or of connections
  kTlsFailed,     ///< the TLS handshake failed, or TLS without a certificate
  kBadMagic,      ///< raw framing with a wrong magic
  kBadUpgrade,    ///< a WebSocket upgrade that was refused
  kTimeout,       ///< the handshake did not end in time
  kDisconnected,  ///< the peer left before the handshake ended
};

/// Why a frame that a subscriber was to get was not sent to it (docs/protocol.md section 5).
enum class LeftOut : std::uint8_t {
  kThinned,     ///< an enhancement layer left out on purpose, to fit the link
  kExpired,     ///< its deadline passed, or could no longer be met
  kSuperseded,  ///< a newer keyframe made it worthless
  kAbandoned,   ///< given up after a part of it was sent
  kOverflowed,  ///< the queue was at its bound
  kOrphaned,    ///< a frame that it depends on was not sent
  kClosed,      ///< still queued when the subscription or the connection ended
};

/// Why a publisher was asked for a keyframe.
enum class KeyframeCause : std::uint8_t {
  kJoined,     ///< a new subscription had no keyframe to start from
  kLeftOut,    ///< the server left out frames and the picture needs a way back
  kRequested,  ///< a subscriber asked
};

/// The names of an enum's values on the page, in the enum's order.
template <class Enum>
struct LabelValues;

template <>
struct LabelValues<FrameKind> {
  static constexpr std::array<std::string_view, 2> kNames{"audio", "video"};
};
template <>
struct LabelValues<ByteKind> {
  static constexpr std::array<std::string_view, 3> kNames{"audio", "video", "control"};
};
template <>
struct LabelValues<TrackSource> {
  static constexpr std::array<std::string_view, 4> kNames{"microphone", "camera", "screen",
                                                          "screen_audio"};
};
template <>
struct LabelValues<Transport> {
  static constexpr std::array<std::string_view, 2> kNames{"raw", "websocket"};
};
template <>
struct LabelValues<Tls> {
  static constexpr std::array<std::string_view, 2> kNames{"no", "yes"};
};
template <>
struct LabelValues<Refusal> {
  static constexpr std::array<std::string_view, 6> kNames{
      "server_full", "tls_failed", "bad_magic", "bad_upgrade", "timeout", "disconnected"};
};
template <>
struct LabelValues<LeftOut> {
  static constexpr std::array<std::string_view, 7> kNames{
      "thinned", "expired", "superseded", "abandoned", "overflowed", "orphaned", "closed"};
};
template <>
struct LabelValues<KeyframeCause> {
  static constexpr std::array<std::string_view, 3> kNames{"joined", "left_out", "requested"};
};

template <class Enum>
inline constexpr std::size_t kLabelCount = LabelValues<Enum>::kNames.size();

/// One cell for each value of a label, found by index: `frames_sent[FrameKind::kVideo].add()`.
template <class Enum, class Value>
class By {
 public:
  Value& operator[](Enum label) { return values_[static_cast<std::size_t>(label)]; }
  const Value& operator[](Enum label) const { return values_[static_cast<std::size_t>(label)]; }

 private:
  std::array<Value, kLabelCount<Enum>> values_{};
};

}  // namespace sluice::metrics
