#pragma once

#include <cstddef>
#include <cstdint>

#include "media/time.h"

namespace sluice::media {

/// Raises the alarm when a receiver's application may not read what its kernel acknowledges.
///
/// A kernel has room for seconds of a call. What it advertises as its window shrinks by what lies
/// unread. Segments are acknowledged before the application can have read them, so only bytes that
/// were there at the acknowledgement before, and still are, were left over. How many they are is
/// not told: Linux counts whole buffers until their last byte is read, and learns from the traffic
/// how much room a segment takes. An alarm may therefore be false; what follows from it is only
/// that the receiver is asked (`EchoProbes`).
///
/// Bound:    counters only.
/// Source:   RFC 9293 section 3.8.6; docs/decisions/0016-asking-a-silent-receiver.md.
class WindowWatch {
 public:
  /// `window`: tcpi_snd_wnd; `bytes_acked`: tcpi_bytes_acked, of the same moment.
  void sample(std::size_t window, std::uint64_t bytes_acked);

  /// As of the newest acknowledgement that was seen.
  [[nodiscard]] bool alarmed() const { return alarmed_; }

 private:
  std::size_t largest_ = 0;
  std::size_t window_ = 0;
  std::uint64_t bytes_acked_ = 0;
  bool alarmed_ = false;
};

}  // namespace sluice::media
