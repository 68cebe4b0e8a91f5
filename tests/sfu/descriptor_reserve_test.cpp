#include "sfu/descriptor_reserve.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <vector>

#include "tests/sfu/counted_allocations.h"

namespace sluice::sfu {
namespace {

class DescriptorReserveTest : public testing::Test {
 protected:
  ~DescriptorReserveTest() override { ::close(pollable_); }

  /// Registers one more, and tells what was allocated for it.
  std::size_t allocated_for_one() {
    const int descriptor = ::dup(pollable_);
    const std::size_t before = allocations();
    in_use_.emplace_back().emplace(context_, descriptor);
    return allocations() - before;
  }

  boost::asio::io_context context_{1};
  int pollable_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::vector<std::optional<boost::asio::posix::stream_descriptor>> in_use_;
  DescriptorReserve reserve_{context_, pollable_};
};

TEST_F(DescriptorReserveTest, AllocatesForManyBeforeTheyAreNeeded) {
  in_use_.reserve(3 * DescriptorReserve::kTogether + 1);
  for (int batch = 0; batch < 3; ++batch) {
    reserve_.make_room(in_use_.size());
    for (std::size_t count = 0; count < DescriptorReserve::kTogether; ++count) {
      ASSERT_EQ(allocated_for_one(), 0U) << in_use_.size();
    }
    EXPECT_EQ(allocated_for_one(), 1U) << "the test would see what was not reserved";
    in_use_.pop_back();
  }
}

TEST_F(DescriptorReserveTest, AllocatesNothingWhileThereIsRoom) {
  reserve_.make_room(0);
  const std::size_t before = allocations();
  for (std::size_t count = 0; count < DescriptorReserve::kTogether; ++count) {
    reserve_.make_room(count);
  }
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace sluice::sfu
