#pragma once

#include "media/egress.h"
#include "sfu/server_settings.h"
#include "signaling/subscription_settings.h"
#include "signaling/track_info.h"

namespace sluice::sfu {

/// What a subscriber asked for, as its egress understands it: what was left to the server is filled
/// in from the kind of the track and the encodings that it has.
///
/// The encoding is the smallest one that fills the wanted size, else the largest there is.
[[nodiscard]] media::SubscriptionSettings egress_settings(
    const signaling::TrackDescription& track, const signaling::SubscriptionSettings& wanted,
    const LatencyBudgets& latency);

}  // namespace sluice::sfu
