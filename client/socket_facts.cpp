#include "client/socket_facts.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>

namespace sluice::client {

std::optional<media::SendQueueFacts> read_send_queue(int descriptor) {
  int outstanding = 0;
  int unsent = 0;
  if (ioctl(descriptor, SIOCOUTQ, &outstanding) != 0) return std::nullopt;
  if (ioctl(descriptor, SIOCOUTQNSD, &unsent) != 0) return std::nullopt;
  return media::SendQueueFacts{.outstanding_bytes = static_cast<std::size_t>(outstanding),
                               .unsent_bytes = static_cast<std::size_t>(unsent)};
}

std::optional<media::PathFacts> read_path(int descriptor) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  // An older kernel fills in less.
  if (length < offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt) return std::nullopt;
  return media::PathFacts{.round_trip = media::Duration{info.tcpi_rtt},
                          .min_round_trip = media::Duration{info.tcpi_min_rtt},
                          .bytes_acked = info.tcpi_bytes_acked,
                          .retransmitted_segments = info.tcpi_total_retrans};
}

void limit_stall(int descriptor, media::Duration most) {
  // A refusal leaves a longer time, which is no error either.
  const auto milliseconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(most).count());
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

void prepare_for_media(int descriptor) {
  // A refusal costs delay, not correctness, so it is not an error.
  const int on = 1;
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int low_water_bytes = 4096;
  (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low_water_bytes,
                   sizeof low_water_bytes);
}

}  // namespace sluice::client
