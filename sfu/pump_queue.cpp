#include "sfu/pump_queue.h"

namespace sluice::sfu {
namespace {

/// It is pumped soon anyway.
bool waits(const Session& session) { return session.media::ListHook<>::linked(); }

}  // namespace

PumpQueue::PumpQueue(media::TimerWheel& wheel)
    : wheel_{wheel},
      gather_timer_{[this](media::Time) { now_.splice_back(gathering_); }},
      unhurried_timer_{[this](media::Time now) {
        while (Session* const session = unhurried_.pop_front()) add(*session, now);
      }} {}

void PumpQueue::add(Session& session, media::Time now) {
  if (waits(session)) return;
  session.step_out();
  if (now - session.wrote_all_at() >= kGatherTime) {
    now_.push_back(session);
    return;
  }
  gathering_.push_back(session);
  if (!gather_timer_.pending()) wheel_.schedule(gather_timer_, now + kGatherTime);
}

void PumpQueue::add_unhurried(Session& session, media::Time now) {
  if (waits(session) || session.media::ListHook<Unhurried>::linked()) return;
  unhurried_.push_back(session);
  if (!unhurried_timer_.pending()) wheel_.schedule(unhurried_timer_, now + kUnhurriedMost);
}

bool PumpQueue::pump_next() {
  Session* const session = now_.pop_front();
  if (session == nullptr) return false;
  UnhurriedList::remove(*session);
  session->pump();
  return true;
}

}  // namespace sluice::sfu
