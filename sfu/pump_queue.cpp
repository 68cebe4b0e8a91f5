#include "sfu/pump_queue.h"

namespace sluice::sfu {

PumpQueue::PumpQueue(media::TimerWheel& wheel)
    : wheel_{wheel}, gather_timer_{[this](media::Time) { now_.splice_back(gathering_); }} {}

void PumpQueue::add(Session& session, media::Time now) {
  if (session.linked()) return;
  session.step_out();
  if (now - session.wrote_all_at() >= kGatherTime) {
    now_.push_back(session);
    return;
  }
  gathering_.push_back(session);
  if (!gather_timer_.pending()) wheel_.schedule(gather_timer_, now + kGatherTime);
}

bool PumpQueue::pump_next() {
  Session* const session = now_.pop_front();
  if (session == nullptr) return false;
  session->pump();
  return true;
}

}  // namespace sluice::sfu
