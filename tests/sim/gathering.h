#pragma once

#include <cstdint>
#include <vector>

#include "tests/sim/publisher_model.h"
#include "tests/sim/receiver_model.h"
#include "tests/sim/tcp_link.h"

namespace sluice::sim {

/// Several publishers, one server that is Sluice, one subscriber of all of them behind one link.
struct GatheringSettings {
  struct Member {
    PublisherModel::Settings publisher;  ///< handles are given by `run_gathering`
    std::uint8_t priority = 128;
    Duration latency_budget = std::chrono::milliseconds{400};  ///< of the video
    bool hidden = false;                                       ///< its video is not on the screen
  };
  std::vector<Member> members;
  TcpLink::Settings link;
  Duration length = std::chrono::seconds{60};
  Duration report_interval = std::chrono::milliseconds{50};
  /// From then on a member has another priority, as when somebody else begins to speak.
  struct Promotion {
    Time at{};
    std::size_t member = 0;
    std::uint8_t priority = 255;
  };
  std::vector<Promotion> promotions;
};

/// How it went, for each member.
struct GatheringResult {
  struct Member {
    /// Of its camera and its microphone both.
    ReceiverModel::Outcome outcome;
    std::vector<Time> shown_times;
    /// Frames of its video that reached the subscriber, in whatever part.
    std::uint64_t video_messages = 0;
    /// When the subscriber was told that the video is paused, and that it is live again: in turns.
    std::vector<Time> paused_and_resumed;
    double paused_seconds = 0;
    /// Pictures on time while it was not paused, as a share of those that were captured then.
    double shown_while_live = 0;
    /// Pauses of the picture beyond 200 ms, while the subscriber was told nothing.
    double frozen_seconds = 0;
  };
  std::vector<Member> members;
  double seconds = 0;
};

/// Runs it; the same settings give the same result.
[[nodiscard]] GatheringResult run_gathering(const GatheringSettings& settings);

}  // namespace sluice::sim
