#include "signaling/handle_allocator.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

TEST(HandleAllocator, CountsFromOneAndDoesNotReuseBeforeItWraps) {
  HandleAllocator handles;
  EXPECT_EQ(handles.allocate(), TrackHandle{1});
  handles.release(TrackHandle{1});
  EXPECT_EQ(handles.allocate(), TrackHandle{2});
}

TEST(HandleAllocator, WrapsBehind65535AndSkipsHandlesInUse) {
  HandleAllocator handles;
  ASSERT_EQ(handles.allocate(), TrackHandle{1});
  ASSERT_EQ(handles.allocate(), TrackHandle{2});
  for (unsigned i = 3; i <= 65535; ++i) {
    const auto handle = handles.allocate();
    ASSERT_EQ(handle, TrackHandle{static_cast<std::uint16_t>(i)});
    handles.release(*handle);
  }
  EXPECT_EQ(handles.allocate(), TrackHandle{3});
}

TEST(HandleAllocator, GivesNothingWhenAllAreInUseAndGoesOnAfterARelease) {
  HandleAllocator handles;
  for (int i = 0; i < 65535; ++i) ASSERT_TRUE(handles.allocate());
  EXPECT_FALSE(handles.allocate());
  handles.release(TrackHandle{777});
  handles.release(TrackHandle{777});
  EXPECT_EQ(handles.allocate(), TrackHandle{777});
  EXPECT_FALSE(handles.allocate());
}

}  // namespace
}  // namespace sluice::signaling
