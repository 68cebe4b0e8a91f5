#include "media/window_watch.h"

#include <algorithm>

namespace sluice::media {
namespace {

/// 220 ms of 300 kbit/s; less is lost by any window for a moment. Of a small one, a quarter.
constexpr std::size_t kNoticeable = 8 * 1024;
constexpr std::size_t kNoticeableShare = 4;

}  // namespace

void WindowWatch::sample(std::size_t window, std::uint64_t bytes_acked) {
  if (window == window_ && bytes_acked == bytes_acked_) return;  // nothing was heard since
  const std::uint64_t arrived = bytes_acked - bytes_acked_;
  window_ = window;
  bytes_acked_ = bytes_acked;
  largest_ = std::max(largest_, window);
  // Between rare looks more arrives than a window holds: then half of it is a reason to ask.
  const bool half_full = window < largest_ / 2;
  alarmed_ =
      half_full || largest_ - window > arrived + std::min(kNoticeable, largest_ / kNoticeableShare);
}

}  // namespace sluice::media
