#include "sfu/socket_facts.h"

#include <linux/sockios.h>
// Not <netinet/tcp.h>: glibc's tcp_info ends before the fields that we need.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace sluice::sfu {
namespace {

std::error_code last_error() { return {errno, std::system_category()}; }

// A field of tcp_info, when the kernel was new enough to fill it in: it tells how many bytes it
// wrote, and fields were only ever appended.
template <typename Value, typename Field>
std::optional<Value> when_written(Field tcp_info::* field, const tcp_info& info,
                                  std::size_t written) {
  const auto* const start = reinterpret_cast<const std::byte*>(&info);
  const auto* const end = reinterpret_cast<const std::byte*>(&(info.*field)) + sizeof(Field);
  if (static_cast<std::size_t>(end - start) > written) return std::nullopt;
  return Value{info.*field};
}

/// TCP_RTO_MAX_MS, which the headers of older systems lack (linux/tcp.h of Linux 6.15). Timeouts
/// double without bound by default, so a link that was away for 3 s is found 3 s after its return.
constexpr int kTcpRtoMaxMs = 44;

}  // namespace

std::expected<SendQueueFacts, std::error_code> read_send_queue_facts(int descriptor) {
  int unacknowledged = 0;
  int unsent = 0;
  if (::ioctl(descriptor, SIOCOUTQ, &unacknowledged) != 0) return std::unexpected{last_error()};
  // Where nothing is unacknowledged, nothing is unsent: one call less for an idle link.
  if (unacknowledged > 0 && ::ioctl(descriptor, SIOCOUTQNSD, &unsent) != 0) {
    return std::unexpected{last_error()};
  }
  return SendQueueFacts{.unacknowledged_bytes = static_cast<std::size_t>(unacknowledged),
                        .unsent_bytes = static_cast<std::size_t>(unsent)};
}

std::expected<TcpFacts, std::error_code> read_tcp_facts(int descriptor) {
  using std::chrono::microseconds;
  tcp_info info{};
  socklen_t written = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &written) != 0) {
    return std::unexpected{last_error()};
  }
  TcpFacts facts;
  facts.rtt = microseconds{info.tcpi_rtt};
  facts.rtt_variation = microseconds{info.tcpi_rttvar};
  facts.mss_bytes = info.tcpi_snd_mss;
  facts.congestion_window_segments = info.tcpi_snd_cwnd;
  facts.unacknowledged_segments = info.tcpi_unacked;
  facts.lost_segments = info.tcpi_lost;
  facts.retransmitted_segments_total = info.tcpi_total_retrans;
  facts.last_ack_ago = std::chrono::milliseconds{info.tcpi_last_ack_recv};
  facts.last_data_ago = std::chrono::milliseconds{info.tcpi_last_data_recv};
  facts.rate_app_limited = info.tcpi_delivery_rate_app_limited != 0;

  facts.min_rtt = when_written<microseconds>(&tcp_info::tcpi_min_rtt, info, written);
  // Before the first sample the kernel says all ones.
  if (facts.min_rtt == microseconds{~std::uint32_t{0}}) facts.min_rtt.reset();
  facts.bytes_acked = when_written<std::uint64_t>(&tcp_info::tcpi_bytes_acked, info, written);
  facts.bytes_received = when_written<std::uint64_t>(&tcp_info::tcpi_bytes_received, info, written);
  facts.unsent_bytes = when_written<std::uint32_t>(&tcp_info::tcpi_notsent_bytes, info, written);
  facts.receive_window_bytes = when_written<std::uint32_t>(&tcp_info::tcpi_snd_wnd, info, written);
  facts.delivery_rate_bytes_per_second =
      when_written<std::uint64_t>(&tcp_info::tcpi_delivery_rate, info, written);
  facts.sent_segments_total =
      when_written<std::uint32_t>(&tcp_info::tcpi_data_segs_out, info, written);
  facts.delivered_segments_total =
      when_written<std::uint32_t>(&tcp_info::tcpi_delivered, info, written);
  const auto time = [&](auto field) -> std::optional<microseconds> {
    const auto value = when_written<std::uint64_t>(field, info, written);
    if (!value) return std::nullopt;
    return microseconds{static_cast<std::int64_t>(*value)};
  };
  facts.busy_time = time(&tcp_info::tcpi_busy_time);
  facts.receive_window_limited = time(&tcp_info::tcpi_rwnd_limited);
  facts.send_buffer_limited = time(&tcp_info::tcpi_sndbuf_limited);
  return facts;
}

void limit_stall(int descriptor, std::chrono::milliseconds most) {
  const int milliseconds = static_cast<int>(most.count());
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

std::vector<RefusedOption> apply_tcp_settings(int descriptor, const TcpSettings& settings) {
  std::vector<RefusedOption> refused;
  const auto set = [&](int level, int option, const char* name, int value) {
    if (::setsockopt(descriptor, level, option, &value, sizeof value) != 0) {
      refused.push_back({.option = name, .error = last_error()});
    }
  };
  set(IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY", 1);
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT",
      static_cast<int>(settings.unsent_low_water_bytes));
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
      static_cast<int>(settings.user_timeout.count()));
  set(SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE", 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL", 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", 3);
  // Not in `refused`: kernels before Linux 6.15 do not know it, and the call goes on without.
  const int retransmission_most_ms = 1000;
  ::setsockopt(descriptor, IPPROTO_TCP, kTcpRtoMaxMs, &retransmission_most_ms,
               sizeof retransmission_most_ms);
  const std::string& control = settings.congestion.usual;
  if (!control.empty() && !set_congestion_control(descriptor, control)) {
    refused.push_back({.option = "TCP_CONGESTION", .error = last_error()});
  }
  return refused;
}

}  // namespace sluice::sfu
