#include "tests/link/link_direction.h"

#include <algorithm>
#include <utility>

namespace sluice::link {

LinkDirection::LinkDirection(Settings settings)
    : settings_{std::move(settings)}, loss_{settings_.loss} {}

void LinkDirection::depart(Time now) {
  while (!queue_.empty() && queue_.front().departs <= now) {
    queued_bytes_ -= queue_.front().packet.size();
    flying_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

void LinkDirection::arrive(Packet packet, Time now) {
  ++counters_.packets;
  counters_.bytes += packet.size();
  if (loss_.lose()) {
    ++counters_.lost_packets;
    return;
  }
  depart(now);
  if (!queue_.empty() && queued_bytes_ + packet.size() > settings_.queue_bytes) {
    ++counters_.overflowed_packets;
    return;
  }
  const Duration since = schedule_begins_.time_since_epoch();
  free_ = settings_.capacity.finish(std::max(now, free_) - since, packet.size()) + since;
  queued_bytes_ += packet.size();
  counters_.queue_bytes_most = std::max(counters_.queue_bytes_most, queued_bytes_);
  counters_.wait_most = std::max(counters_.wait_most, free_ - now);
  counters_.wait_total += free_ - now;
  queue_.push_back({.packet = std::move(packet), .departs = free_});
}

std::optional<Packet> LinkDirection::take(Time now) {
  depart(now);
  if (flying_.empty() || flying_.front().departs + settings_.delay > now) return std::nullopt;
  Packet packet = std::move(flying_.front().packet);
  flying_.pop_front();
  ++counters_.delivered_packets;
  counters_.delivered_bytes += packet.size();
  return packet;
}

Time LinkDirection::next_delivery() const {
  if (!flying_.empty()) return flying_.front().departs + settings_.delay;
  if (!queue_.empty()) return queue_.front().departs + settings_.delay;
  return Time::max();
}

}  // namespace sluice::link
