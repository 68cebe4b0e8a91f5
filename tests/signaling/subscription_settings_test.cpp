#include "signaling/subscription_settings.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

TEST(SubscriptionSettings, KeepWhatTheNewerOnesDoNotSay) {
  const SubscriptionSettings old{.max_width = 640,
                                 .max_height = 360,
                                 .max_temporal_layer = 1,
                                 .priority = 9,
                                 .latency_budget = std::chrono::milliseconds{300}};
  EXPECT_EQ(old.updated_by({}), old);
  const SubscriptionSettings merged = old.updated_by({.max_width = 320, .priority = 200});
  EXPECT_EQ(merged.max_width, 320U);
  EXPECT_EQ(merged.max_height, 360U);
  EXPECT_EQ(merged.max_temporal_layer, 1);
  EXPECT_EQ(merged.priority, 200);
  EXPECT_EQ(merged.latency_budget, std::chrono::milliseconds{300});
}

TEST(SubscriptionSettings, AreHiddenWhenAWidthOrHeightIsZero) {
  EXPECT_FALSE(SubscriptionSettings{}.hidden());
  EXPECT_FALSE((SubscriptionSettings{.max_width = 1, .max_height = 1}).hidden());
  EXPECT_TRUE((SubscriptionSettings{.max_width = 0}).hidden());
  EXPECT_TRUE((SubscriptionSettings{.max_height = 0}).hidden());
}

}  // namespace
}  // namespace sluice::signaling
