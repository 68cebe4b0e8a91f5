#include "sfu/descriptor_reserve.h"

#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <tuple>
#include <vector>

namespace sluice::sfu {

void DescriptorReserve::make_more() {
  // Those in use have theirs, so that all these are new.
  std::vector<boost::asio::posix::stream_descriptor> together;
  together.reserve(kTogether);
  for (std::size_t count = 0; count < kTogether; ++count) {
    const int descriptor = ::dup(pollable_);
    if (descriptor < 0) break;
    boost::system::error_code error;
    std::ignore = together.emplace_back(context_).assign(descriptor, error);
    if (error) {
      ::close(descriptor);
      break;
    }
  }
  made_ += kTogether;
}

}  // namespace sluice::sfu
