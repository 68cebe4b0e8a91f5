#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>

namespace sluice::sfu {

/// Keeps what Asio remembers of descriptors together in memory.
///
/// Asio allocates 168 bytes for each descriptor when it is registered, and keeps them for the next
/// one after it is closed, for good. Allocated one by one they lie between sessions, and hold a
/// page of 4 KiB each when those have gone: 2 MB after 500 connections. So they are made
/// `kTogether` at a time, before they are needed, by registering as many descriptors and closing
/// them again.
///
/// Bound:  as many as were in use at once, and `kTogether`.
/// Sizing: the first batch is made where nothing else lies yet and serves most servers for good;
///         a later one fills the gaps that it finds between sessions. 256 are 45 KB.
/// Cost:   four system calls for each.
/// Owner:  its shard.
class DescriptorReserve {
 public:
  static constexpr std::size_t kTogether = 256;

  /// `pollable`: any descriptor that epoll takes; it is duplicated. Both outlive the reserve.
  DescriptorReserve(boost::asio::io_context& context, int pollable)
      : context_{context}, pollable_{pollable} {}

  /// Makes sure that one more can be registered when `in_use` are. Where descriptors are short
  /// fewer are made: it only costs memory.
  void make_room(std::size_t in_use) {
    if (in_use >= made_) make_more();
  }

 private:
  void make_more();

  boost::asio::io_context& context_;
  int pollable_;
  std::size_t made_ = 0;
};

}  // namespace sluice::sfu
