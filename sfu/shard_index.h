#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "signaling/ids.h"

namespace sluice::sfu {

/// One of the shards of this process, counted from 0.
enum class ShardIndex : std::uint8_t {};

/// Rings between all pairs of 64 shards are 4,032 of 32 kB each, untouched until they are used.
inline constexpr std::size_t kShardsMax = 64;

// Ids that several shards give out have the shard in their highest bits, so that no two are alike
// and each says where it is from. The rest suffices for 1,000 a second for 8,000 years.
inline constexpr unsigned kShardShift = 48;

/// The session `count` of a shard.
[[nodiscard]] inline signaling::SessionId session_id(ShardIndex shard, std::uint64_t count) {
  return signaling::SessionId{static_cast<std::uint64_t>(shard) << kShardShift | count};
}

/// Where a session lives.
[[nodiscard]] inline ShardIndex shard_of(signaling::SessionId session) {
  return ShardIndex{static_cast<std::uint8_t>(static_cast<std::uint64_t>(session) >> kShardShift)};
}

/// The first room id of a shard, whose ids count up from it.
[[nodiscard]] inline signaling::RoomId first_room_id(ShardIndex shard) {
  return signaling::RoomId{(static_cast<std::uint64_t>(shard) << kShardShift) + 1};
}

/// Where the state of a room lives, whoever joins it from wherever.
[[nodiscard]] inline ShardIndex home_of(const std::string& room, std::size_t shards) {
  return ShardIndex{static_cast<std::uint8_t>(std::hash<std::string>{}(room) % shards)};
}

}  // namespace sluice::sfu
