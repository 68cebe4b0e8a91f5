#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "metrics/cell.h"
#include "metrics/histogram.h"
#include "metrics/labels.h"

namespace sluice::metrics {

/// Upper bounds in seconds. Audio is on time under 0.2 s, camera video under 0.4 s, a screen under
/// 1 s.
inline constexpr std::array kQueueAgeBounds{0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08,
                                            0.15,  0.2,   0.3,   0.4,  0.6,  1.0,  2.5};
/// Upper bounds in bytes: from the wake-up mark of 4 KiB to the largest send buffers of Linux.
inline constexpr std::array kSocketBytesBounds{0.0,     1024.0,   4096.0,    16384.0,
                                               65536.0, 262144.0, 1048576.0, 4194304.0};
/// Upper bounds in seconds. A loop that is 5 ms late delays audio by more than the rest of the
/// server does.
inline constexpr std::array kLoopLagBounds{0.0005, 0.001, 0.002, 0.005, 0.01,
                                           0.02,   0.05,  0.1,   0.25,  1.0};

/// What one shard counts. Every member is written by the shard's own thread and by nobody else;
/// any thread may read. A whole number of cache lines, so that shards do not share one.
///
/// A member is the metric of the same name in `server_metrics.cpp`, where its meaning is written
/// once, as the help text of the page.
struct alignas(64) ShardMetrics {
  explicit ShardMetrics(std::size_t error_codes) : protocol_errors(error_codes) {}

  Gauge rooms;
  Gauge participants;
  By<TrackSource, Gauge> tracks;
  By<Transport, By<Tls, Gauge>> connections;

  Counter connections_accepted;
  By<Refusal, Counter> connections_refused;
  Counter accept_errors;

  By<FrameKind, Counter> frames_received;
  By<FrameKind, Counter> frames_sent;
  By<FrameKind, By<LeftOut, Counter>> frames_left_out;
  By<ByteKind, Counter> bytes_received;
  By<ByteKind, Counter> bytes_sent;
  By<KeyframeCause, Counter> keyframe_requests;
  Counter lossy_paths;

  By<FrameKind, Counter> shard_frames;
  By<FrameKind, Counter> shard_frames_dropped;
  Counter shard_messages_delayed;

  Gauge flight_recorder_bytes;

  /// From the moment a frame was queued for a subscriber to the moment its last chunk was handed
  /// to the kernel, in seconds.
  Histogram audio_queue_age{kQueueAgeBounds};
  Histogram video_queue_age{kQueueAgeBounds};
  Histogram& queue_age(FrameKind kind) {
    return kind == FrameKind::kAudio ? audio_queue_age : video_queue_age;
  }

  /// What a socket held when the server looked (SIOCOUTQNSD, and SIOCOUTQ), in bytes.
  Histogram kernel_unsent_bytes{kSocketBytesBounds};
  Histogram in_flight_bytes{kSocketBytesBounds};

  /// How late a timer of this shard's event loop ran, in seconds.
  Histogram event_loop_lag{kLoopLagBounds};

  /// Indexed by the position in `ServerMetrics::Options::error_codes`.
  std::vector<Counter> protocol_errors;
};

}  // namespace sluice::metrics
