#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "sfu/congestion_control.h"

namespace sluice::sfu {

/// What waits in the kernel's send buffer.
struct SendQueueFacts {
  /// Unsent and in flight together: written and not yet acknowledged (SIOCOUTQ).
  std::size_t unacknowledged_bytes = 0;
  /// Not yet sent even once (SIOCOUTQNSD).
  std::size_t unsent_bytes = 0;
};

/// One or two cheap calls. Errors: the system's, as for a descriptor that is not a TCP socket.
[[nodiscard]] std::expected<SendQueueFacts, std::error_code> read_send_queue_facts(int descriptor);

/// TCP's own view of a connection (Linux TCP_INFO). What an older kernel does not fill in is
/// `nullopt`, never 0.
struct TcpFacts {
  std::chrono::microseconds rtt{};
  std::chrono::microseconds rtt_variation{};
  std::uint32_t mss_bytes = 0;
  std::uint32_t congestion_window_segments = 0;
  std::uint32_t unacknowledged_segments = 0;
  std::uint32_t lost_segments = 0;
  std::uint32_t retransmitted_segments_total = 0;
  std::optional<std::uint32_t> sent_segments_total;  ///< with data, and with repetitions
  std::optional<std::uint32_t> delivered_segments_total;
  /// Since the last acknowledgement arrived: a growing value with data in flight is an outage.
  std::chrono::milliseconds last_ack_ago{};
  /// Since the last data arrived: for so long, at least, lies what is being read now.
  std::chrono::milliseconds last_data_ago{};

  std::optional<std::chrono::microseconds> min_rtt;  ///< over the kernel's window (300 s)
  std::optional<std::uint64_t> bytes_acked;
  std::optional<std::uint64_t> bytes_received;
  std::optional<std::uint32_t> unsent_bytes;
  std::optional<std::uint32_t> receive_window_bytes;  ///< that the peer advertised last
  /// Bytes a second of the newest sample; a lower bound when `rate_app_limited`.
  std::optional<std::uint64_t> delivery_rate_bytes_per_second;
  bool rate_app_limited = false;
  std::optional<std::chrono::microseconds> busy_time;               ///< had data to send
  std::optional<std::chrono::microseconds> receive_window_limited;  ///< of it, waited for the peer
  std::optional<std::chrono::microseconds> send_buffer_limited;     ///< of it, waited for memory
};

/// Errors: the system's.
[[nodiscard]] std::expected<TcpFacts, std::error_code> read_tcp_facts(int descriptor);

/// How Sluice sets up an accepted connection. TCP_NODELAY is always on; keep-alive probes are on
/// with 15 s idle, 5 s apart, 3 times.
struct TcpSettings {
  /// TCP_NOTSENT_LOWAT: the wake-up mark for unsent bytes; small, as we bound it ourselves.
  std::uint32_t unsent_low_water_bytes = 4096;
  /// TCP_USER_TIMEOUT: unacknowledged for so long, the connection is dead.
  std::chrono::milliseconds user_timeout{15000};
  CongestionControls congestion;
};

/// An option that the kernel refused.
struct RefusedOption {
  std::string option;
  std::error_code error;
};

/// Sets TCP_USER_TIMEOUT: repeated for so long and not acknowledged, the connection is dead. Best
/// effort: a kernel that refuses it keeps the longer one of `TcpSettings`.
void limit_stall(int descriptor, std::chrono::milliseconds most);

/// Sets all of `settings` on a connection, going on past a refusal. Returns the refusals.
std::vector<RefusedOption> apply_tcp_settings(int descriptor, const TcpSettings& settings);

}  // namespace sluice::sfu
