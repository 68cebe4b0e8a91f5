#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "client/flight/flight_log.h"
#include "client/flight/flight_story.h"
#include "client/flight/flight_text.h"

// Any file given to `sluice explain`: a sentence of what is wrong, or a story of what happened.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::client;
  // A story has a row for each second; ten minutes are the most that a server remembers.
  constexpr double kLongestMs = 600'000;
  const auto log = parse_flight_log({reinterpret_cast<const char*>(data), size});
  if (!log || log->length_ms > kLongestMs) return 0;
  const FlightStory story = tell(*log);
  (void)summary_text(story);
  (void)timeline_text(story);
  (void)moment_text(story, log->length_ms / 2);
  for (const FlightLog::Track& track : log->tracks) {
    if (!track.offered.empty()) {
      (void)frame_text(story, track.offered.front().number, track.handle);
    }
  }
  (void)story_json(story).dump();
  return 0;
}
