// Two subscribers of the same tracks behind links that are alike: one asks its books before each
// frame, the other is sent what it may be in step, and its books follow. Nothing may tell the two
// apart. A failure prints the seed: SLUICE_SEED=N runs that one alone.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "media/egress.h"
#include "media/frame_log.h"
#include "media/in_step.h"
#include "media/link_controller.h"
#include "tests/media/synthetic_track.h"

namespace sluice::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TrackHandle kCamera{1};
constexpr TrackHandle kMicrophone{2};
constexpr std::size_t kPrefixBytes = 4;

/// A kernel's send queue that empties at a rate, and what it says of itself.
class ModelKernel {
 public:
  void set_rate(double bytes_per_second) { rate_ = bytes_per_second; }
  void pass_time(Duration time) {
    const auto gone = std::min(queued_, rate_ * static_cast<double>(time.count()) / 1e6);
    queued_ -= gone;
    acknowledged_ += gone;
  }
  void take(std::size_t bytes) { queued_ += static_cast<double>(bytes); }
  [[nodiscard]] SendQueueFacts queue() const {
    const auto outstanding = static_cast<std::size_t>(queued_);
    constexpr std::size_t kWindow = 30'000;
    return {.outstanding_bytes = outstanding,
            .unsent_bytes = outstanding - std::min(outstanding, kWindow)};
  }
  [[nodiscard]] PathFacts path(Duration min_round_trip) const {
    const Duration queueing{static_cast<Duration::rep>(queued_ * 1e6 / rate_)};
    return {.round_trip = min_round_trip + queueing,
            .min_round_trip = min_round_trip,
            .bytes_acked = static_cast<std::uint64_t>(acknowledged_)};
  }

 private:
  double rate_ = 1e6;
  double queued_ = 0;
  double acknowledged_ = 0;
};

struct Settings {
  Duration min_round_trip{};
  SubscriptionSettings camera;
  SubscriptionSettings microphone{.kind = MediaKind::kAudio, .latency_budget = milliseconds{200}};
};

class Subscriber {
 public:
  /// `steps`: it may be in step.
  Subscriber(const Settings& settings, bool steps) : settings_{settings}, steps_{steps} {
    subscribe();
  }

  /// What went out: time, track, frame, offset, bytes; a control message is of frame 0.
  using Message = std::tuple<Time, TrackHandle, FrameNumber, std::uint32_t, std::size_t, bool>;
  [[nodiscard]] const std::vector<Message>& wire() const { return wire_; }
  [[nodiscard]] std::size_t frames_in_step() const { return frames_in_step_; }
  [[nodiscard]] std::size_t looks() const { return looks_; }

  void deliver(const FrameRef& frame, Time now) {
    const PassingFrame passing{frame->description, frame->kind,
                               now - (frame->arrival - frame->lateness)};
    const std::size_t bytes =
        kPrefixBytes + chunk_header_size(frame->description) + frame->description.length;
    switch (in_step_.ask(passing, bytes, now)) {
      case InStep::Answer::kSend:
        in_step_.sent(passing, bytes);
        ++frames_in_step_;
        write(chunk_header_of(frame->description, 0, frame->description.length),
              frame->description.length, now);
        return;
      case InStep::Answer::kNotWanted:
        return;
      case InStep::Answer::kAsk:
        step_out();
        egress_.push(frame);
        return pump(now);
    }
  }
  void use(std::map<TrackHandle, FrameLog>& logs) { logs_ = &logs; }

  void pass_time(Duration time) { kernel_.pass_time(time); }
  void set_rate(double bytes_per_second) { kernel_.set_rate(bytes_per_second); }
  void tick(Time now) {
    if (held_back_) pump(now);
  }
  void control(Time now) {
    step_out();
    EXPECT_TRUE(egress_.push_control(std::make_shared<std::string>("{}")));
    pump(now);
  }
  void change(const SubscriptionSettings& camera, Time now) {
    step_out();
    settings_.camera = camera;
    subscribe();
    pump(now);
  }
  void push_group(std::span<const FrameRef> group, Time now) {
    step_out();
    std::ignore = egress_.push_group(kCamera, group, link_.estimate());
    pump(now);
  }
  /// The receiver reports all that the kernel does not hold any more.
  void report(Time now) {
    step_out();
    const std::uint64_t held = kernel_.queue().outstanding_bytes;
    EXPECT_TRUE(
        link_.reported(std::max(reported_, media_bytes_ - std::min(media_bytes_, held)), now));
    reported_ = std::max(reported_, media_bytes_ - std::min(media_bytes_, held));
    pump(now);
  }
  void step_out() {
    catch_up_books();
    in_step_.end();
  }

  /// What both must agree on, once the books have followed.
  void expect_same_books(Subscriber& other) {
    catch_up_books();
    other.catch_up_books();
    for (const MediaKind kind : {MediaKind::kAudio, MediaKind::kVideo}) {
      const auto& ours = egress_.counters().of(kind);
      const auto& theirs = other.egress_.counters().of(kind);
      EXPECT_EQ(ours.frames_sent, theirs.frames_sent);
      EXPECT_EQ(ours.bytes_sent, theirs.bytes_sent);
      EXPECT_EQ(ours.left_out, theirs.left_out);
    }
    const LinkEstimate ours = link_.estimate();
    const LinkEstimate theirs = other.link_.estimate();
    EXPECT_EQ(ours.bytes_per_second, theirs.bytes_per_second);
    EXPECT_EQ(ours.one_way_delay, theirs.one_way_delay);
    EXPECT_EQ(ours.outstanding_bytes, theirs.outstanding_bytes);
    EXPECT_EQ(ours.congested, theirs.congested);
    EXPECT_EQ(ours.chunk_bytes, theirs.chunk_bytes);
    EXPECT_EQ(egress_.video_bytes_waiting(), other.egress_.video_bytes_waiting());
    EXPECT_EQ(egress_.starved(kCamera), other.egress_.starved(kCamera));
  }

 private:
  void subscribe() {
    EXPECT_TRUE(egress_.subscribe(kCamera, settings_.camera));
    EXPECT_TRUE(egress_.subscribe(kMicrophone, settings_.microphone));
  }

  void write(const ChunkHeader& header, std::size_t payload, Time now) {
    const std::size_t media = chunk_header_size(header) + payload;
    wire_.emplace_back(now, header.track, header.frame, header.offset, payload, header.last);
    kernel_.take(kPrefixBytes + media);
    media_bytes_ += media;
  }

  void catch_up_books() {
    in_step_.catch_up(
        [this](const InStep::Track& track) -> const FrameLog& { return (*logs_)[track.track]; },
        [this](const FrameLog::Record& frame) {
          const std::size_t media = chunk_header_size(frame.description) + frame.description.length;
          egress_.sent_in_step(frame);
          link_.wrote(kPrefixBytes + media, media, frame.sent);
          link_.drained();
        });
  }

  void pump(Time now) {
    step_out();
    held_back_ = !send(now);
    if (held_back_ || !steps_) return;
    const InStep::Headroom headroom = link_.headroom();
    if (headroom.bytes == 0) return;
    in_step_.begin(headroom);
    for (const TrackHandle track : {kCamera, kMicrophone}) {
      const auto step = egress_.step_of(track, (*logs_)[track].next(), link_.estimate());
      if (step) in_step_.add(*step);
    }
  }

  /// As `EgressPump` does; false when something had to wait.
  bool send(Time now) {
    while (egress_.urgent_waiting() || egress_.video_waiting()) {
      if (link_.needs_look(now)) look(now);
      if (!link_.may_send_audio()) {
        link_.held_back();
        return false;
      }
      const auto departure = egress_.next(now, link_.estimate(), link_.may_send_video());
      if (!departure) {
        if (!egress_.video_waiting()) continue;
        link_.held_back();
        return false;
      }
      if (departure->is_control()) {
        link_.wrote(departure->control->size(), 0, now);
        kernel_.take(departure->control->size());
        wire_.emplace_back(now, TrackHandle{}, 0, 0, departure->control->size(), true);
        continue;
      }
      const std::size_t media = chunk_header_size(departure->header) + departure->payload.size();
      write(departure->header, departure->payload.size(), now);
      link_.wrote(kPrefixBytes + media, media, now);
    }
    link_.drained();
    return true;
  }

  void look(Time now) {
    ++looks_;
    link_.looked(kernel_.queue(), now);
    if (link_.needs_sample(now)) link_.sampled(kernel_.path(settings_.min_round_trip), now);
  }

  Settings settings_;
  bool steps_;
  Egress egress_{Egress::Bounds{}};
  LinkController link_;
  InStep in_step_;
  ModelKernel kernel_;
  std::map<TrackHandle, FrameLog>* logs_ = nullptr;
  std::vector<Message> wire_;
  std::uint64_t media_bytes_ = 0;
  std::uint64_t reported_ = 0;
  std::size_t looks_ = 0;
  std::size_t frames_in_step_ = 0;
  bool held_back_ = false;
};

/// One random call: a camera and a microphone, links that change, settings that change.
class TwoSubscribers {
 public:
  explicit TwoSubscribers(std::uint64_t seed)
      : random_{seed},
        reports_{chance(0.5)},
        lively_{chance(0.5)},
        camera_{pool_,
                {.track = kCamera,
                 .temporal_layers = pick(1, 3),
                 .tangled = chance(0.5),
                 .delta_bytes = static_cast<std::uint32_t>(pick(100, 9000)),
                 .keyframe_bytes = static_cast<std::uint32_t>(pick(1000, 60000))},
                random_()},
        settings_{.min_round_trip = chance(0.5) ? milliseconds{1} : milliseconds{pick(10, 80)},
                  .camera = camera_settings()},
        asked_{settings_, false},
        stepping_{settings_, true} {
    for (Subscriber* each : both()) each->use(logs_);
  }

  [[nodiscard]] std::size_t frames_in_step() const { return stepping_.frames_in_step(); }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      const Duration time = milliseconds{pick(1, 20)};
      now_ += time;
      for (Subscriber* each : both()) {
        each->pass_time(time);
        each->tick(now_);
      }
      if (chance(0.4)) publish(picture());
      if (chance(0.4)) publish(sound());
      disturb();
      if (chance(0.05)) asked_.expect_same_books(stepping_);
      ASSERT_EQ(asked_.wire().size(), stepping_.wire().size());
      if (!asked_.wire().empty()) {
        ASSERT_EQ(asked_.wire().back(), stepping_.wire().back());
      }
    }
    asked_.expect_same_books(stepping_);
    EXPECT_EQ(asked_.wire(), stepping_.wire());
    EXPECT_EQ(asked_.looks(), stepping_.looks());
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution{low, high}(random_); }
  bool chance(double probability) { return std::bernoulli_distribution{probability}(random_); }
  std::array<Subscriber*, 2> both() { return {&asked_, &stepping_}; }

  SubscriptionSettings camera_settings() {
    return {.latency_budget = milliseconds{pick(50, 1000)},
            .max_temporal_layer = static_cast<std::uint8_t>(chance(0.7) ? 15 : pick(0, 2)),
            .priority = static_cast<std::uint8_t>(pick(1, 255)),
            .hidden = chance(0.1)};
  }

  FrameRef picture() {
    if (chance(0.003)) camera_.skip_numbers(static_cast<FrameNumber>(pick(1, 3000)));
    const bool keyframe = camera_.next_number() == 0 || chance(0.01);
    return camera_.next(now_ - milliseconds{chance(0.1) ? pick(0, 400) : 0}, keyframe);
  }
  FrameRef sound() {
    return synthetic_audio(pool_, kMicrophone, sound_number_++, now_,
                           static_cast<std::uint32_t>(pick(3, 300)));
  }

  void publish(const FrameRef& frame) {
    const FrameDescription& description = frame->description;
    if (chance(0.003)) return;  // lost on the uplink
    if (frame->kind == MediaKind::kVideo) {
      if (description.keyframe) group_.clear();
      group_.push_back(frame);
    }
    FrameLog& log = logs_[description.track];
    if (!log.follows(description.number)) stepping_.step_out();
    log.add(
        {.description = description, .kind = frame->kind, .arrival = frame->arrival, .sent = now_});
    for (Subscriber* each : both()) each->deliver(frame, now_);
  }

  void disturb() {
    const auto each_does = [this](auto&& action) {
      for (Subscriber* each : both()) action(*each);
    };
    if (chance(0.01)) each_does([&](Subscriber& each) { each.control(now_); });
    if (reports_ && chance(0.1)) each_does([&](Subscriber& each) { each.report(now_); });
    if (chance(0.01)) {
      each_does([&](Subscriber& each) { each.push_group(group_, now_); });
    }
    if (!lively_) return;
    if (chance(0.01)) {
      const SubscriptionSettings settings = camera_settings();
      each_does([&](Subscriber& each) { each.change(settings, now_); });
    }
    if (chance(0.02)) {
      const double rate = chance(0.3) ? pick(10, 100) * 1e3 : pick(1, 100) * 1e5;
      each_does([&](Subscriber& each) { each.set_rate(rate); });
    }
  }

  std::mt19937_64 random_;
  FramePool pool_{std::size_t{512} << 20};
  bool reports_;
  bool lively_;
  SyntheticVideo camera_;
  FrameNumber sound_number_ = 0;
  Settings settings_;
  std::map<TrackHandle, FrameLog> logs_;
  std::vector<FrameRef> group_;
  Subscriber asked_;
  Subscriber stepping_;
  Time now_{seconds{100}};
};

TEST(InStepProperty, BooksThatFollowAreTheBooksThatWouldHaveLed) {
  const char* const only = std::getenv("SLUICE_SEED");
  const char* const count = std::getenv("SLUICE_SEEDS");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t seeds = only != nullptr    ? 1
                              : count != nullptr ? std::strtoull(count, nullptr, 10)
                                                 : 200;
  std::size_t in_step = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("SLUICE_SEED=" + std::to_string(seed));
    TwoSubscribers call{seed};
    call.run(1500);
    if (HasFailure()) return;
    in_step += call.frames_in_step();
  }
  // Otherwise what is tested here was not.
  if (only == nullptr) {
    EXPECT_GT(in_step, seeds * 100);
  }
}

}  // namespace
}  // namespace sluice::media
