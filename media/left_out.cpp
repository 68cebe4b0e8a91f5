#include "media/left_out.h"

#include "media/flight_recorder.h"

namespace sluice::media {

void EgressCounters::leave_out(const Frame& frame, LeftOut reason, Time deadline,
                               std::size_t queued_bytes) {
  leave_out(frame.kind, reason);
  if (recorder != nullptr) {
    recorder->left_out(frame, reason, deadline, queued_bytes);
  }
}

}  // namespace sluice::media
