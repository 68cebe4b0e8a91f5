#pragma once

#include <expected>
#include <string>

namespace sluice::link {

/// Makes `name` the congestion control of TCP connections that go by `device` to its network of 24
/// bits, in the network namespace of the calling thread.
///
/// By an attribute of the route: as the default of a namespace the kernel takes only those that any
/// user may choose, which on many machines are reno and one other. The error is one sentence for
/// people. Source: rtnetlink(7), RTAX_CC_ALGO.
[[nodiscard]] std::expected<void, std::string> set_congestion_control(const char* device,
                                                                      const std::string& address,
                                                                      const std::string& name);

}  // namespace sluice::link
