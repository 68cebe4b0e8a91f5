#include "tests/integration/call.h"

#include <poll.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace sluice::integration {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Participant& Call::add(const Participant::Options& options, const Json& join_members) {
  return admit(std::make_unique<Participant>(port_, options), join_members);
}

Participant& Call::admit(std::unique_ptr<Participant> participant, const Json& join_members) {
  const Json reply =
      participant->join(room_, join_members.is_object() ? join_members : Json::object());
  if (reply.value("type", "") != "joined") {
    throw std::runtime_error("join was answered with " + reply.dump());
  }
  participants_.push_back(std::move(participant));
  return *participants_.back();
}

Call::Publisher& Call::publish(Participant& participant, const Sending& sending) {
  Publisher publisher{.participant = &participant,
                      .microphone = Microphone{{}, steady_clock::now()}};
  publisher.microphone_track = participant.publish(microphone_track());
  if (sending.camera_bits_per_second > 0) {
    publisher.camera_track = participant.publish(camera_track());
    publisher.camera.emplace(publisher.camera_track, steady_clock::now(),
                             sending.camera_bits_per_second, sending.keyframe_interval);
  }
  publisher.microphone = Microphone{publisher.microphone_track, steady_clock::now()};
  publishers_.push_back(publisher);
  return publishers_.back();
}

void Call::drop(Participant& participant) {
  std::erase_if(publishers_,
                [&](const Publisher& publisher) { return publisher.participant == &participant; });
  std::erase_if(participants_, [&](const auto& each) { return each.get() == &participant; });
}

void Call::drop_all() {
  publishers_.clear();
  participants_.clear();
}

bool Call::run_until(const std::function<bool()>& holds, milliseconds timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  for (;;) {
    turn();
    if (holds()) return true;
    if (steady_clock::now() >= deadline) return false;
    wait(deadline);
  }
}

void Call::run_for(milliseconds time) {
  run_until([] { return false; }, time);
}

void Call::turn() {
  const SteadyTime now = steady_clock::now();
  for (Publisher& publisher : publishers_) {
    while (sending_ && publisher.microphone.next() <= now) {
      for (const std::string& chunk : publisher.microphone.packet()) {
        publisher.participant->send_media(chunk);
      }
    }
    if (!publisher.camera) continue;
    if (const std::size_t requests = publisher.participant->take_keyframe_requests()) {
      publisher.keyframe_requests += requests;
      publisher.camera->request_keyframe();
    }
    while (sending_ && publisher.camera->next() <= now) {
      for (const std::string& chunk : publisher.camera->frame()) {
        publisher.participant->send_media(chunk);
      }
    }
  }
  for (const auto& participant : participants_) participant->turn();
}

void Call::wait(SteadyTime until) const {
  for (const Publisher& publisher : publishers_) {
    if (!sending_) break;
    until = std::min(until, publisher.microphone.next());
    if (publisher.camera) until = std::min(until, publisher.camera->next());
  }
  std::vector<pollfd> waiting;
  for (const auto& participant : participants_) {
    // A reader held back by its allowance would be readable all the time.
    if (participant->slow() || participant->wire().closed()) continue;
    waiting.push_back({.fd = participant->wire().fd(), .events = POLLIN, .revents = 0});
  }
  // 2 ms is often enough for the allowance of a slow reader.
  const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
  const auto timeout = std::clamp(left, milliseconds{0}, milliseconds{2});
  poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count()));
}

std::vector<std::string> Call::faults() const {
  std::vector<std::string> all;
  for (const auto& participant : participants_) {
    const std::vector<std::string> faults = participant->faults();
    all.insert(all.end(), faults.begin(), faults.end());
  }
  return all;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::vector<double> latencies_ms(const std::vector<ReceivedFrame>& frames) {
  std::vector<double> latencies;
  latencies.reserve(frames.size());
  for (const ReceivedFrame& frame : frames) latencies.push_back(frame.latency_ms());
  return latencies;
}

}  // namespace sluice::integration
