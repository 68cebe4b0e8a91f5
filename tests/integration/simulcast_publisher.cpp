#include "tests/integration/simulcast_publisher.h"

#include <stdexcept>

namespace sluice::integration {

using std::chrono::steady_clock;

SimulcastPublisher::SimulcastPublisher(Participant& participant,
                                       const std::vector<Encoding>& encodings)
    : participant_{participant}, on_(encodings.size(), true) {
  Json message = camera_track();
  message["type"] = "publish";
  message["width"] = encodings.back().width;
  message["height"] = encodings.back().height;
  for (std::size_t index = 0; index < encodings.size(); ++index) {
    message["encodings"].push_back({{"encoding", index},
                                    {"width", encodings[index].width},
                                    {"height", encodings[index].height},
                                    {"bitrate_bps", encodings[index].bits_per_second}});
  }
  const Json reply = participant_.request(message);
  if (reply.value("type", "") != "published") {
    throw std::runtime_error("publish was answered with " + reply.dump());
  }
  track_ = reply["track"]["track"];
  handle_ = media::TrackHandle{reply["track"]["handle"].get<std::uint16_t>()};
  for (std::size_t index = 0; index < encodings.size(); ++index) {
    made_.emplace_back(handle_, steady_clock::now(), encodings[index].bits_per_second,
                       std::chrono::seconds{600},
                       media::EncodingId{static_cast<std::uint8_t>(index)});
  }
}

void SimulcastPublisher::turn(SteadyTime now) {
  while (const auto demand = participant_.take("demand")) obey(*demand, now);
  while (const auto keyframe = participant_.take("keyframe")) {
    made_.at((*keyframe)["encoding"].get<std::size_t>()).request_keyframe();
  }
  for (std::size_t index = 0; index < made_.size(); ++index) {
    while (on_[index] && made_[index].next() <= now) {
      for (const std::string& chunk : made_[index].frame()) participant_.send_media(chunk);
    }
  }
}

void SimulcastPublisher::obey(const Json& demand, SteadyTime now) {
  if (demand["track"] != track_) throw std::runtime_error("demand of another's track");
  demands_.push_back({.encodings = demand["encodings"].get<std::vector<int>>(), .at = now});
  std::vector<bool> on(made_.size(), false);
  for (const int encoding : demands_.back().encodings) {
    on.at(static_cast<std::size_t>(encoding)) = true;
  }
  for (std::size_t index = 0; index < made_.size(); ++index) {
    if (on[index] && !on_[index]) made_[index].resume(now);
  }
  on_ = on;
}

}  // namespace sluice::integration
