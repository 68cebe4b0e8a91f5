#include "signaling/subscription_settings.h"

namespace sluice::signaling {

SubscriptionSettings SubscriptionSettings::updated_by(const SubscriptionSettings& newer) const {
  SubscriptionSettings merged = *this;
  if (newer.max_width) merged.max_width = newer.max_width;
  if (newer.max_height) merged.max_height = newer.max_height;
  if (newer.max_temporal_layer) merged.max_temporal_layer = newer.max_temporal_layer;
  if (newer.priority) merged.priority = newer.priority;
  if (newer.latency_budget) merged.latency_budget = newer.latency_budget;
  return merged;
}

}  // namespace sluice::signaling
