#include "tests/link/congestion_control.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "tests/link/descriptor.h"

namespace sluice::link {
namespace {

/// A netlink message under construction: a header, a body, then attributes.
class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags) {
    append(nlmsghdr{.nlmsg_type = type, .nlmsg_flags = flags});
  }

  template <typename Value>
  void append(const Value& value) {
    append_bytes(std::as_bytes(std::span{&value, 1}));
  }
  void attribute(std::uint16_t type, std::span<const std::byte> value) {
    append(
        rtattr{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(value.size())), .rta_type = type});
    append_bytes(value);
  }
  template <typename Value>
  void attribute(std::uint16_t type, const Value& value) {
    attribute(type, std::as_bytes(std::span{&value, 1}));
  }

  /// With its length in the header.
  [[nodiscard]] std::span<const std::byte> bytes() {
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &length, sizeof length);
    return bytes_;
  }

 private:
  void append_bytes(std::span<const std::byte> value) {
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  std::vector<std::byte> bytes_;
};

/// Asks the kernel; its answer as an errno, 0 when it agreed.
int ask(Request& request) {
  const Descriptor netlink{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  const auto bytes = request.bytes();
  if (!netlink.valid() || send(netlink.get(), bytes.data(), bytes.size(), 0) < 0) return errno;
  struct Answer {
    nlmsghdr header;
    nlmsgerr error;
  };
  std::array<std::byte, 4096> buffer{};
  if (recv(netlink.get(), buffer.data(), buffer.size(), 0) < static_cast<ssize_t>(sizeof(Answer))) {
    return EBADMSG;
  }
  Answer answer{};
  std::memcpy(&answer, buffer.data(), sizeof answer);
  return -answer.error.error;
}

}  // namespace

std::expected<void, std::string> set_congestion_control(const char* device,
                                                        const std::string& address,
                                                        const std::string& name) {
  constexpr std::uint32_t kNetwork = 0xFFFFFF00;
  in_addr own{};
  inet_pton(AF_INET, address.c_str(), &own);
  const std::uint32_t network = htonl(ntohl(own.s_addr) & kNetwork);
  Request request{RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_REPLACE | NLM_F_CREATE | NLM_F_ACK};
  request.append(rtmsg{.rtm_family = AF_INET,
                       .rtm_dst_len = 24,
                       .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_KERNEL,
                       .rtm_scope = RT_SCOPE_LINK,
                       .rtm_type = RTN_UNICAST});
  request.attribute(RTA_DST, network);
  request.attribute(RTA_OIF, if_nametoindex(device));
  request.attribute(RTA_PREFSRC, own.s_addr);
  std::vector<std::byte> metric;
  const rtattr head{.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(name.size() + 1)),
                    .rta_type = RTAX_CC_ALGO};
  const auto head_bytes = std::as_bytes(std::span{&head, 1});
  metric.assign(head_bytes.begin(), head_bytes.end());
  for (const char letter : name) metric.push_back(static_cast<std::byte>(letter));
  metric.resize(NLMSG_ALIGN(metric.size() + 1));
  request.attribute(RTA_METRICS, std::span<const std::byte>{metric});
  if (const int failure = ask(request); failure != 0) {
    return std::unexpected("congestion control '" + name + "': " + std::strerror(failure));
  }
  return {};
}

}  // namespace sluice::link
