#include "tests/sim/microphone_model.h"

namespace sluice::sim {
namespace {

constexpr Duration kPacketInterval = std::chrono::milliseconds{20};

}  // namespace

MicrophoneModel::MicrophoneModel(bool pauses, std::uint64_t seed) : pauses_(pauses), random_(seed) {
  while (!speaking()) next_ += kPacketInterval;
}

bool MicrophoneModel::speaking() {
  if (!pauses_) return true;
  if (next_ >= speech_changes_) {
    speaking_ = !speaking_;
    // Mean lengths of talk and of silence in conversation, roughly those of ITU-T P.59.
    std::exponential_distribution<double> length{speaking_ ? 1 / 1.5 : 1 / 1.0};
    speech_changes_ = next_ + Duration{static_cast<Duration::rep>(1e6 * (0.2 + length(random_)))};
  }
  return speaking_;
}

void MicrophoneModel::advance() {
  do {
    next_ += kPacketInterval;
  } while (!speaking());
}

}  // namespace sluice::sim
