#include "sfu/egress_meter.h"

#include "sfu/metric_kinds.h"

namespace sluice::sfu {
namespace {

metrics::LeftOut left_out(std::size_t reason, metrics::LeftOut thinned_as) {
  switch (static_cast<media::LeftOut>(reason)) {
    case media::LeftOut::kThinned:
      return thinned_as;
    case media::LeftOut::kExpired:
      return metrics::LeftOut::kExpired;
    case media::LeftOut::kSuperseded:
      return metrics::LeftOut::kSuperseded;
    case media::LeftOut::kAbandoned:
      return metrics::LeftOut::kAbandoned;
    case media::LeftOut::kOverflowed:
      return metrics::LeftOut::kOverflowed;
    case media::LeftOut::kOrphaned:
      break;
  }
  return metrics::LeftOut::kOrphaned;
}

}  // namespace

void EgressMeter::count(const media::EgressCounters& now, metrics::LeftOut thinned_as,
                        metrics::ShardMetrics& metrics) {
  for (const media::MediaKind kind : {media::MediaKind::kAudio, media::MediaKind::kVideo}) {
    const auto& after = now.of(kind);
    auto& before = counted_.of(kind);
    metrics.frames_sent[frame_kind(kind)].add(after.frames_sent - before.frames_sent);
    for (std::size_t reason = 0; reason < after.left_out.size(); ++reason) {
      metrics.frames_left_out[frame_kind(kind)][left_out(reason, thinned_as)].add(
          after.left_out[reason] - before.left_out[reason]);
    }
    before = after;
  }
}

}  // namespace sluice::sfu
