// The load that Sluice is measured with: publishers and subscribers in one process, which also
// reads what the server spends. Prints one JSON object. scripts/bench runs it; --help names what
// can be chosen.

#include <sys/epoll.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/load/load_member.h"
#include "tests/bench/load/watched_process.h"

namespace sluice::bench {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

struct Options {
  std::uint16_t port = 0;
  pid_t pid = 0;
  Wire wire = Wire::kRaw;
  bool tls = false;
  std::size_t subscribers = 0;  ///< of each stream; 0: meetings
  std::size_t rooms = 1;        ///< with a stream or a meeting each
  std::size_t members = 4;      ///< of each meeting
  double frames_per_second = 30;
  double seconds = 4;
  double warm_up_seconds = 1.5;
  double idle_seconds = 0;
  double away_seconds = 0;
  double poll_ms = 0;
  bool reports = false;
};

/// What this process has spent so far.
double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

class Load {
 public:
  explicit Load(const Options& options) : options_{options}, server_{options.pid} {}

  json run() {
    json result{{"resident_before", server_.resident_bytes()}};
    const media::Time began = load_now();
    const auto spent_before = server_.read();
    join_all();
    const double joined = static_cast<double>(members_.size());
    const double seconds = std::chrono::duration<double>(load_now() - began).count();
    result["joins_per_second"] = joined / seconds;
    // What the others are told may come a little later.
    turn_for(0.3);
    result["join_microseconds"] =
        WatchedProcess::between(spent_before, server_.read()).processor_seconds * 1e6 / joined;
    turn_for(options_.idle_seconds);
    result["resident_idle"] = server_.resident_bytes();
    if (options_.seconds > 0) {
      start_sources();
      stream(result);
    }
    publishers_.clear();
    members_.clear();
    if (options_.away_seconds > 0) {
      std::this_thread::sleep_for(std::chrono::duration<double>{options_.away_seconds});
      result["resident_after"] = server_.resident_bytes();
    }
    return result;
  }

 private:
  [[nodiscard]] bool meetings() const { return options_.subscribers == 0; }

  LoadMember& add_member(const std::string& room, LoadMember::Role role) {
    role.reports = options_.reports;
    const Target target{.port = options_.port, .wire = options_.wire, .tls = tls_.get()};
    members_.push_back(std::make_unique<LoadMember>(target, role, tally_));
    LoadMember& member = *members_.back();
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &member}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, member.descriptor(), &event);
    member.join(room);
    // A client that connects and reads nothing would be taken for one that is gone.
    if (members_.size() % 16 == 0) turn(0us);
    return member;
  }

  void join_all() {
    if (meetings()) {
      for (std::size_t room = 0; room < options_.rooms; ++room) {
        for (std::size_t member = 0; member < options_.members; ++member) {
          add_member("meeting-" + std::to_string(room), {});
        }
      }
    } else {
      for (std::size_t i = 0; i < options_.rooms; ++i) {
        const std::string room = "stream-" + std::to_string(i);
        publishers_.push_back(&add_member(room, {.subscribes = false}));
        for (std::size_t j = 0; j < options_.subscribers; ++j) add_member(room, {});
      }
    }
    wait_until("everybody has joined", [](const LoadMember& member) { return member.joined(); });
  }

  void start_sources() {
    const media::Time start = load_now() + 100ms;
    // Cameras and microphones know nothing of one another: their frames are due at any moment.
    std::minstd_rand random{20261122};
    const auto some_time = [&](int most_us) {
      return media::Duration{std::uniform_int_distribution{0, most_us}(random)};
    };
    if (!meetings()) {
      for (LoadMember* const publisher : publishers_) publisher->publish_camera(1);
      wait_until("the publishers publish and everybody is subscribed",
                 [this](const LoadMember& member) {
                   if (!member.subscribes()) return member.published() == 1;
                   return options_.wire == Wire::kLimit || member.subscribed() == 1;
                 });
      for (LoadMember* const publisher : publishers_) {
        publisher->add_source(0, media::EncodingId{0}, video(4000, 40'000),
                              start + some_time(33'000));
      }
      return;
    }
    for (const auto& member : members_) {
      member->publish_camera(2);
      member->publish_microphone();
    }
    wait_until("everybody publishes and is subscribed", [this](const LoadMember& member) {
      return member.published() == 2 && member.subscribed() == 2 * (options_.members - 1);
    });
    for (const auto& member : members_) {
      const media::Duration camera = some_time(33'000);
      member->add_source(0, media::EncodingId{0}, video(600, 6000), start + camera);
      member->add_source(0, media::EncodingId{1}, video(4000, 40'000), start + camera);
      member->add_source(
          1, media::EncodingId{0},
          {.kind = media::MediaKind::kAudio, .frames_per_second = 50, .frame_bytes = 160},
          start + some_time(20'000));
    }
  }

  [[nodiscard]] MediaSource::Shape video(std::uint32_t frame, std::uint32_t keyframe) const {
    return {.frames_per_second = options_.frames_per_second,
            .frame_bytes = frame,
            .keyframe_bytes = keyframe};
  }

  void stream(json& result) {
    streaming_ = true;
    send_for(options_.warm_up_seconds);
    // A joiner's link is unknown, and gets its first keyframe carefully: what counts begins here.
    tally_.counts_from = load_now();
    sent_ = 0;
    const auto before = server_.read();
    const double own_before = processor_seconds();
    const media::Time began = load_now();
    const media::Duration behind = send_for(options_.seconds);
    const ProcessUse use = WatchedProcess::between(before, server_.read());
    const double seconds = std::chrono::duration<double>(load_now() - began).count();
    const double own_seconds = processor_seconds() - own_before;
    const std::uint64_t delivered = tally_.delivered;
    const std::uint64_t published = sent_;
    result["resident_busy"] = server_.resident_bytes();
    turn_for(0.7);  // what is on its way arrives, and is counted
    result["delivered"] = delivered;
    result["frames_per_second"] = static_cast<double>(delivered) / seconds;
    result["published_per_second"] = static_cast<double>(published) / seconds;
    std::uint64_t lost = tally_.lost;
    // Of streams it is known how much should have come: a gap at the end has no frame after it.
    if (!meetings()) lost = sent_ * options_.subscribers - tally_.delivered;
    result["lost"] = lost;
    result["behind_ms"] = std::chrono::duration<double, std::milli>(behind).count();
    const double frames = std::max(1.0, static_cast<double>(delivered));
    result["microseconds_per_frame"] = use.processor_seconds * 1e6 / frames;
    result["processor_share"] = use.processor_seconds / seconds;
    result["load_processor_share"] = own_seconds / seconds;
    result["user_share"] = use.user_share;
    if (use.system_calls) {
      result["calls_per_frame"] = static_cast<double>(*use.system_calls) / frames;
    }
    add_ages(result);
  }

  void add_ages(json& result) {
    auto& ages = tally_.ages_us;
    if (ages.empty()) return;
    std::ranges::sort(ages);
    const auto at = [&](double share) {
      return ages[static_cast<std::size_t>(share * static_cast<double>(ages.size() - 1))] / 1000.0;
    };
    result["age_ms"] = {{"p50", at(0.5)}, {"p99", at(0.99)}, {"p99.9", at(0.999)}};
  }

  /// Sends what is due for so long; returns by how much a frame was sent late at worst.
  media::Duration send_for(double seconds) {
    media::Duration worst{};
    const media::Time end = load_now() + media::Duration{static_cast<std::int64_t>(seconds * 1e6)};
    std::multimap<media::Time, LoadMember*> due;
    for (const auto& member : members_) {
      if (member->due() != media::Time::max()) due.emplace(member->due(), member.get());
    }
    // Ends before a frame, when all that came before has long been delivered.
    while (due.begin()->first < end) {
      const media::Time now = load_now();
      const auto first = due.begin();
      if (first->first > now) {
        turn(first->first - now);
        continue;
      }
      worst = std::max(worst, now - first->first);
      LoadMember* const member = first->second;
      due.erase(first);
      member->send_due();
      ++sent_;
      due.emplace(member->due(), member);
      if (options_.poll_ms == 0) turn(0us);
    }
    while (load_now() < due.begin()->first) turn(due.begin()->first - load_now());
    return worst;
  }

  void turn_for(double seconds) {
    const media::Time end = load_now() + media::Duration{static_cast<std::int64_t>(seconds * 1e6)};
    for (media::Time now = load_now(); now < end; now = load_now()) turn(end - now);
  }

  /// Waits for something to read, at most so long, and reads it.
  void turn(media::Duration timeout) {
    const bool polls = streaming_ && options_.poll_ms > 0;
    if (polls && timeout > 0us) {
      // Asleep elsewhere than in epoll, nobody is woken by what arrives.
      const media::Duration most{static_cast<std::int64_t>(options_.poll_ms * 1000)};
      std::this_thread::sleep_for(std::min(timeout, most));
    }
    while (read_ready(polls ? 0us : timeout) && polls) {
    }
  }

  /// False when there was less to read than one call can tell.
  bool read_ready(media::Duration timeout) {
    std::array<epoll_event, 64> events;
    const std::int64_t us = std::max<std::int64_t>(timeout.count(), 0);
    const timespec wait{.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
    const int ready = ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < ready; ++i) {
      static_cast<LoadMember*>(events[static_cast<std::size_t>(i)].data.ptr)->read();
    }
    return ready == static_cast<int>(events.size());
  }

  template <typename Condition>
  void wait_until(const char* what, Condition condition) {
    const media::Time end = load_now() + 120s;
    while (!std::ranges::all_of(members_, [&](const auto& each) { return condition(*each); })) {
      if (load_now() > end) throw std::runtime_error(std::string{"not within 120 s: "} + what);
      turn(20ms);
    }
  }

  Options options_;
  WatchedProcess server_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{
      options_.tls ? SSL_CTX_new(TLS_client_method()) : nullptr, SSL_CTX_free};
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  Tally tally_;
  std::uint64_t sent_ = 0;
  bool streaming_ = false;
  std::vector<std::unique_ptr<LoadMember>> members_;
  std::vector<LoadMember*> publishers_;  ///< of streams
};

int run(int count, char** arguments) {
  Options options;
  CLI::App app{"Loads a server with a stream or with meetings, and reads what it spends."};
  app.add_option("--port", options.port)->required();
  app.add_option("--pid", options.pid, "The server's process")->required();
  app.add_option("--wire", options.wire)
      ->transform(CLI::CheckedTransformer(std::map<std::string, Wire>{
          {"limit", Wire::kLimit}, {"raw", Wire::kRaw}, {"websocket", Wire::kWebSocket}}));
  app.add_flag("--tls", options.tls);
  app.add_option("--subscribers", options.subscribers, "Of each stream of 1.1 Mbit/s; 0: meetings");
  app.add_option("--rooms", options.rooms, "With a stream or a meeting each");
  app.add_option("--members", options.members,
                 "Of each meeting: all publish a camera in two encodings and a microphone");
  app.add_option("--fps", options.frames_per_second, "Of each camera");
  app.add_option("--seconds", options.seconds, "To measure; 0: only join");
  app.add_option("--warm-up", options.warm_up_seconds);
  app.add_option("--idle", options.idle_seconds, "Between joining and publishing");
  app.add_option("--away", options.away_seconds, "After all have left, before the last look");
  app.add_option("--poll", options.poll_ms,
                 "Read so often, in ms, instead of being woken by what arrives (0: be woken)");
  app.add_flag("--reports", options.reports, "Subscribers report what they read, as clients do");
  CLI11_PARSE(app, count, arguments);

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::printf("%s\n", Load{options}.run().dump().c_str());
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int count, char** arguments) {
  try {
    return sluice::bench::run(count, arguments);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench-load: %s\n", fault.what());
    return 1;
  }
}
