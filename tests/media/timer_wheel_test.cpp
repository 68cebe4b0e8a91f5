#include "media/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace sluice::media {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1'000'000s};
constexpr Duration kTick = TimerWheel::kTick;

std::vector<Timer*> drain(TimerWheel& wheel, Time now) {
  std::vector<Timer*> expired;
  wheel.advance(now);
  while (Timer* timer = wheel.pop_expired()) expired.push_back(timer);
  return expired;
}

TEST(TimerWheel, ExpiresATimerAtItsDeadlineAndNeverBefore) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart + 50ms);
  EXPECT_TRUE(timer.pending());
  EXPECT_TRUE(drain(wheel, kStart + 50ms - 1us).empty());
  EXPECT_EQ(drain(wheel, kStart + 50ms + kTick), std::vector<Timer*>{&timer});
  EXPECT_FALSE(timer.pending());
  EXPECT_TRUE(drain(wheel, kStart + 10s).empty());
}

TEST(TimerWheel, IsAsSmallAsItSays) {
  EXPECT_EQ(sizeof(Timer), 40U);
  EXPECT_LE(sizeof(TimerWheel), 9'400U);
}

TEST(TimerWheel, ADeadlineOnATickExpiresAtExactlyThatMoment) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart + 100 * kTick);
  EXPECT_TRUE(drain(wheel, kStart + 100 * kTick - 1us).empty());
  EXPECT_EQ(drain(wheel, kStart + 100 * kTick).size(), 1U);
}

TEST(TimerWheel, ExpiresWithinATickWhateverTheDistance) {
  for (Duration distance = 1us; distance < 24h * 365 * 1000; distance *= 3) {
    SCOPED_TRACE(distance.count());
    TimerWheel wheel{kStart};
    Timer timer;
    wheel.schedule(timer, kStart + distance);
    EXPECT_LE(wheel.next_deadline(), kStart + distance + kTick);
    EXPECT_TRUE(drain(wheel, kStart + distance - 1us).empty());
    EXPECT_EQ(drain(wheel, kStart + distance + kTick).size(), 1U);
  }
}

TEST(TimerWheel, ReachesTheWholeRangeOfTime) {
  TimerWheel wheel{Time::min()};
  Timer last, middle;
  wheel.schedule(last, Time::max() - 2 * kTick);
  wheel.schedule(middle, Time{});
  EXPECT_TRUE(drain(wheel, Time{-1us}).empty());
  EXPECT_EQ(drain(wheel, Time{kTick}), std::vector<Timer*>{&middle});
  EXPECT_TRUE(drain(wheel, Time::max() - 3 * kTick).empty());
  EXPECT_EQ(drain(wheel, Time::max() - 1us), std::vector<Timer*>{&last});
}

TEST(TimerWheel, ADeadlineAtTheEndOfTimeMeansNever) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart + 1s);
  wheel.schedule(timer, Time::max());
  EXPECT_FALSE(timer.pending());
  EXPECT_TRUE(wheel.empty());
  EXPECT_EQ(wheel.next_deadline(), Time::max());
}

TEST(TimerWheel, ADeadlineInThePastExpiresAtTheNextTick) {
  TimerWheel wheel{kStart};
  wheel.advance(kStart + 10 * kTick);
  Timer timer;
  wheel.schedule(timer, kStart - 5s);
  EXPECT_TRUE(drain(wheel, kStart + 10 * kTick).empty());
  EXPECT_EQ(wheel.next_deadline(), kStart + 11 * kTick);
  EXPECT_EQ(drain(wheel, kStart + 11 * kTick).size(), 1U);
}

TEST(TimerWheel, ATimerThatReschedulesItselfForNowDoesNotKeepADrainBusy) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart);
  int handed_out = 0;
  wheel.advance(kStart + 1s);
  while (Timer* expired = wheel.pop_expired()) {
    ++handed_out;
    wheel.schedule(*expired, kStart + 1s);
  }
  EXPECT_EQ(handed_out, 1);
  EXPECT_TRUE(timer.pending());
}

TEST(TimerWheel, ReschedulingReplacesTheEarlierDeadline) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart + 10ms);
  wheel.schedule(timer, kStart + 10s);
  EXPECT_TRUE(drain(wheel, kStart + 9s).empty());
  wheel.schedule(timer, kStart + 9s + 10ms);
  EXPECT_EQ(drain(wheel, kStart + 9s + 20ms).size(), 1U);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, ACancelledTimerLeavesNothingToWakeUpFor) {
  TimerWheel wheel{kStart};
  Timer near, far;
  wheel.schedule(near, kStart + 10ms);
  wheel.schedule(far, kStart + 1h);
  near.cancel();
  EXPECT_GT(wheel.next_deadline(), kStart + 30min);
  far.cancel();
  EXPECT_EQ(wheel.next_deadline(), Time::max());
}

TEST(TimerWheel, ATimerMayBeCancelledOrDestroyedWhileOthersAreHandedOut) {
  TimerWheel wheel{kStart};
  Timer first, second, fourth;
  auto third = std::make_unique<Timer>();
  for (Timer* timer : {&first, &second, third.get(), &fourth}) wheel.schedule(*timer, kStart + 5ms);
  wheel.advance(kStart + 1s);
  ASSERT_EQ(wheel.pop_expired(), &first);
  EXPECT_TRUE(second.pending());
  second.cancel();
  third.reset();
  EXPECT_EQ(wheel.pop_expired(), &fourth);
  EXPECT_EQ(wheel.pop_expired(), nullptr);
}

TEST(TimerWheel, AWheelThatIsDestroyedLetsItsTimersGo) {
  Timer waiting, expired;
  {
    TimerWheel wheel{kStart};
    wheel.schedule(waiting, kStart + 1h);
    wheel.schedule(expired, kStart + 1ms);
    wheel.advance(kStart + 1s);
  }
  EXPECT_FALSE(waiting.pending());
  EXPECT_FALSE(expired.pending());
}

TEST(TimerWheel, ATimerMovesFromOneWheelToAnother) {
  TimerWheel one{kStart}, other{kStart};
  Timer timer;
  one.schedule(timer, kStart + 1s);
  other.schedule(timer, kStart + 1s);
  EXPECT_TRUE(one.empty());
  EXPECT_EQ(drain(other, kStart + 2s).size(), 1U);
}

TEST(TimerWheel, TimeThatGoesBackChangesNothing) {
  TimerWheel wheel{kStart};
  Timer timer;
  wheel.schedule(timer, kStart + 2s);
  wheel.advance(kStart + 1s);
  wheel.advance(kStart - 1h);
  EXPECT_TRUE(drain(wheel, kStart + 1999ms).empty());
  EXPECT_EQ(drain(wheel, kStart + 2001ms).size(), 1U);
}

TEST(TimerWheel, AFarTimerCostsAHandfulOfWakeUps) {
  TimerWheel wheel{kStart};
  Timer timer;
  const Time deadline = kStart + 24h + 1234567us;
  wheel.schedule(timer, deadline);
  int wake_ups = 0;
  Time now = kStart;
  while (timer.pending()) {
    now = wheel.next_deadline();
    ASSERT_LE(now, deadline + kTick);
    ++wake_ups;
    drain(wheel, now);
  }
  EXPECT_GE(now, deadline);
  EXPECT_LE(wake_ups, 9);
}

// The model: each timer's deadline, and the moment the wheel was last moved to.
TEST(TimerWheel, BehavesAsAListOfDeadlinesUnderAnyOperations) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random{seed};
    // A start just before a digit of the wheel rolls over finds mistakes in its carries.
    const Time start{Duration{static_cast<std::int64_t>(random() >> (2 + random() % 50))}};
    TimerWheel wheel{start};
    Time now = start;
    struct Modelled {
      std::unique_ptr<Timer> timer = std::make_unique<Timer>();
      std::optional<Time> earliest;  ///< must not expire before
      Time latest;                   ///< must have expired when the wheel gets here
    };
    std::vector<Modelled> timers(60);
    const auto any_distance = [&] {
      return Duration{static_cast<std::int64_t>(random() >> (24 + random() % 40))};
    };
    for (int step = 0; step < 4000; ++step) {
      Modelled& chosen = timers[random() % timers.size()];
      switch (random() % 8) {
        case 0:
        case 1:
        case 2: {
          const Duration offset = random() % 10 == 0 ? -any_distance() : any_distance();
          const Time deadline = now + offset;
          wheel.schedule(*chosen.timer, deadline);
          chosen.earliest = deadline;
          chosen.latest = std::max(deadline, now) + kTick;
          break;
        }
        case 3:
          chosen.timer->cancel();
          chosen.earliest.reset();
          break;
        case 4:
          chosen.timer = std::make_unique<Timer>();
          chosen.earliest.reset();
          break;
        case 5:
          now = std::max(now, std::min(wheel.next_deadline(), now + 1h));
          break;
        default:
          now += any_distance() / (random() % 2 == 0 ? 1 : 1000);
          break;
      }
      wheel.advance(now);
      while (Timer* expired = wheel.pop_expired()) {
        const auto owner = std::find_if(timers.begin(), timers.end(),
                                        [&](auto& each) { return each.timer.get() == expired; });
        ASSERT_NE(owner, timers.end());
        ASSERT_TRUE(owner->earliest.has_value()) << "step " << step;
        ASSERT_LE(*owner->earliest, now) << "step " << step;
        owner->earliest.reset();
      }
      Time first_latest = Time::max();
      for (const Modelled& each : timers) {
        ASSERT_EQ(each.timer->pending(), each.earliest.has_value()) << "step " << step;
        if (!each.earliest) continue;
        ASSERT_GT(each.latest, now) << "step " << step << ": should have expired";
        first_latest = std::min(first_latest, each.latest);
      }
      ASSERT_LE(wheel.next_deadline(), first_latest) << "step " << step;
      ASSERT_GT(wheel.next_deadline(), now) << "step " << step << ": would spin";
    }
  }
}

}  // namespace
}  // namespace sluice::media
