// One speaker and a thousand who watch: a test for collapse, not for speed.

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/load/load_member.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using bench::load_now;
using bench::LoadMember;
using bench::MediaSource;

constexpr std::size_t kSubscribers = 1000;
// These 52,000 frames a second take the server 40 % of a core, and about as much to read: half of a
// machine with two cores stays free.
constexpr MediaSource::Shape kSpeech{.kind = media::MediaKind::kAudio,
                                     .frames_per_second = 40,
                                     .frame_bytes = 160,
                                     .keyframe_bytes = 160};
constexpr MediaSource::Shape kPictures{
    .frames_per_second = 12, .frame_bytes = 1500, .keyframe_bytes = 6000, .keyframe_every = 20};
// How long the server stands still and runs in turn.
constexpr media::Duration kStops = 70ms;
constexpr media::Duration kRuns = 130ms;
constexpr media::Duration kRound = 4s;
// All arrived, also on two cores with two other things to do each. A server that took its own
// lateness for full links, and looked at them more often for that, sent 54 to 75 % of the pictures
// and 83 to 94 % of the sound.
constexpr double kPicturesArrived = 0.9;

// With four other things to do for each processor it was 45 to 67 %, and then much is lost.
constexpr double kWaitedMost = 0.35;

/// How long this thread could have run and was not let, ever.
double seconds_waited_for_a_processor() {
  std::ifstream file{"/proc/thread-self/schedstat"};
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  file >> ran >> waited;
  return static_cast<double>(waited) / 1e9;
}

/// The speaker and the audience, on one thread.
class LargeAudience : public testing::Test {
 protected:
  LargeAudience() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < kSubscribers + 100) throw std::runtime_error("too few descriptors");
    for (std::size_t i = 0; i <= kSubscribers; ++i) {
      members_.push_back(std::make_unique<LoadMember>(
          bench::Target{.port = server_.port()}, LoadMember::Role{.subscribes = i > 0}, tally_));
      epoll_event readable{.events = EPOLLIN, .data = {.ptr = members_.back().get()}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, members_.back()->descriptor(), &readable);
      members_.back()->join("demo");
      // A client that connects and reads nothing would be taken for one that is gone.
      if (i % 16 == 0) read(0us);
    }
    read_until([](const LoadMember& each) { return each.joined(); });
    LoadMember& speaker = *members_.front();
    speaker.publish_microphone();
    read_until([&](const LoadMember& each) { return &each != &speaker || each.published() == 1; });
    speaker.publish_camera(1);
    read_until([](const LoadMember& each) {
      return each.subscribes() ? each.subscribed() == 2 : each.published() == 2;
    });
    speaker.add_source(0, media::EncodingId{0}, kSpeech, load_now());
    speaker.add_source(1, media::EncodingId{0}, kPictures, load_now() + 7ms);
  }
  ~LargeAudience() override { ::close(epoll_); }

  /// What was sent in some seconds, to everybody together, and what arrived.
  struct Round {
    std::size_t sounds = 0;
    std::size_t heard = 0;
    std::size_t pictures = 0;
    std::size_t seen = 0;
    double waited = 0;  ///< the share of the time in which this thread had to wait for a processor

    [[nodiscard]] bool well() const {
      return sounds > 0 && heard == sounds &&
             static_cast<double>(seen) >= kPicturesArrived * static_cast<double>(pictures);
    }
  };
  Round play() {
    const LoadMember& speaker = *members_.front();
    tally_ = {.counts_from = load_now()};
    const double spent_before = server_.processor_seconds();
    const double waited_before = seconds_waited_for_a_processor();
    const std::size_t sounds_before = speaker.sent(0);
    const std::size_t pictures_before = speaker.sent(1);
    stream_late_for(kRound);
    const double spent = server_.processor_seconds() - spent_before;
    Round round{.sounds = (speaker.sent(0) - sounds_before) * kSubscribers,
                .pictures = (speaker.sent(1) - pictures_before) * kSubscribers};
    const double seconds = std::chrono::duration<double>(kRound).count();
    round.waited = (seconds_waited_for_a_processor() - waited_before) / seconds;
    // What is on its way arrives.
    tally_.counts_until = load_now();
    stream_late_for(1s);
    round.heard = tally_.delivered_of(speaker.handle(0));
    round.seen = tally_.delivered_of(speaker.handle(1));
    std::printf(
        "  heard %zu of %zu, seen %zu of %zu; the server used %.0f %% of a core, the audience "
        "waited "
        "for one %.0f %% of the time\n",
        round.heard, round.sounds, round.seen, round.pictures, spent / seconds * 100,
        round.waited * 100);
    return round;
  }
  /// Publishes what is due.
  void stream_for(media::Duration time) {
    LoadMember& speaker = *members_.front();
    for (const media::Time end = load_now() + time; speaker.due() < end;) {
      while (load_now() < speaker.due()) read(speaker.due() - load_now());
      speaker.send_due();
    }
  }
  /// The same with a server that stands still now and then, as on a busy machine: no reason to take
  /// its subscribers' links for full.
  void stream_late_for(media::Duration time) {
    for (const media::Time end = load_now() + time; load_now() < end;) {
      server_.signal(SIGSTOP);
      stream_for(kStops);
      server_.signal(SIGCONT);
      stream_for(kRuns);
    }
  }
  /// Reads what comes within `time`, but returns after the first of it.
  void read(media::Duration time) {
    std::array<epoll_event, 64> events;
    const std::int64_t us = std::max<std::int64_t>(time.count(), 0);
    const timespec wait{.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
    const int ready = ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < ready; ++i) {
      static_cast<LoadMember*>(events[static_cast<std::size_t>(i)].data.ptr)->read();
    }
  }
  template <typename Condition>
  void read_until(Condition condition) {
    const media::Time end = load_now() + 60s;
    while (!std::ranges::all_of(members_, [&](const auto& each) { return condition(*each); })) {
      if (load_now() > end) throw std::runtime_error("the audience does not come in");
      read(20ms);
    }
  }

  // The sound's budget is longer than the usual 200 ms, since a machine may stop for that long.
  const ServerProcess server_{{"--participants-max", "2000", "--audio-latency-budget", "1s"}};
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  bench::Tally tally_;
  std::vector<std::unique_ptr<LoadMember>> members_;
};

TEST_F(LargeAudience, HearsEverythingAndSeesNearlyAllOfALateServer) {
  // A newcomer's link is unknown and gets its first pictures with care: what counts begins later.
  stream_late_for(1s);
  // A machine with no time to spare loses a round; a server that collapses loses each.
  Round round;
  for (int i = 0; i < 3 && !round.well(); ++i) round = play();
  if (!round.well() && round.waited > kWaitedMost) {
    GTEST_SKIP() << "others use this machine: what was lost is not the server's doing";
  }
  EXPECT_EQ(round.heard, round.sounds);
  EXPECT_GE(static_cast<double>(round.seen),
            kPicturesArrived * static_cast<double>(round.pictures));
}

}  // namespace
}  // namespace sluice::integration
