#include "media/echo_probes.h"

#include "media/invariant.h"

namespace sluice::media {

std::uint64_t EchoProbes::ask(std::uint64_t written, Time now) {
  invariant(unanswered_.size() < kUnansweredMost, "nobody is asked beyond the bound");
  asked_ = now;
  asked_up_to_ = written;
  unanswered_.push_back({.written = written, .at = now});
  return next_id_++;
}

std::optional<EchoProbes::Answer> EchoProbes::answered(std::uint64_t id, Time now) {
  const std::uint64_t oldest = next_id_ - unanswered_.size();
  if (id < oldest || id >= next_id_) return std::nullopt;
  for (std::uint64_t each = oldest; each < id; ++each) unanswered_.pop_front();
  const Question question = unanswered_.front();
  unanswered_.pop_front();
  return Answer{.read = question.written, .delay = now - question.at};
}

}  // namespace sluice::media
