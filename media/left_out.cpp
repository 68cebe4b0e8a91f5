#include "media/left_out.h"

#include "media/flight_recorder.h"

namespace sluice::media {

void EgressCounters::add(const EgressCounters& other) {
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind) {
    OfKind& sum = by_kind[kind];
    const OfKind& more = other.by_kind[kind];
    sum.frames_sent += more.frames_sent;
    sum.bytes_sent += more.bytes_sent;
    for (std::size_t reason = 0; reason < kLeftOutReasons; ++reason) {
      sum.left_out[reason] += more.left_out[reason];
    }
  }
}

void EgressCounters::leave_out(const Frame& frame, LeftOut reason, Time deadline,
                               std::size_t queued_bytes) {
  leave_out(frame.kind, reason);
  if (recorder != nullptr) {
    recorder->left_out(frame, reason, deadline, queued_bytes);
  }
}

}  // namespace sluice::media
