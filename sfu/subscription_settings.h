#pragma once

#include "media/egress.h"
#include "sfu/server_settings.h"
#include "signaling/subscription_settings.h"
#include "signaling/track_info.h"

namespace sluice::sfu {

/// What a subscriber asked for, as its egress understands it: what was left to the server is filled
/// in from the kind of the track and the encodings that it has.
///
/// A simulcast track begins with its smallest encoding, which any link has soonest.
[[nodiscard]] media::SubscriptionSettings egress_settings(
    const signaling::TrackDescription& track, const signaling::SubscriptionSettings& wanted,
    const LatencyBudgets& latency);

/// The largest encoding that is of use to this subscriber: the smallest one that fills the size
/// that it wants, else the largest there is.
[[nodiscard]] media::EncodingId wanted_encoding(const signaling::VideoDescription& video,
                                                const signaling::SubscriptionSettings& wanted);

}  // namespace sluice::sfu
