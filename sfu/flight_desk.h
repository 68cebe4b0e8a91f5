#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "signaling/ids.h"

namespace sluice::sfu {

class Shard;

/// Reads the flight recorders of all shards for the admin thread.
///
/// A shard is asked in turns of its own: one for what a session's recorder holds, one for each
/// track; each copies less than a megabyte, and the text is made here. So a dump never holds media
/// up for longer than a batch of frames does.
/// Bound: `kPatience` for one question. Overflow: an error that says so.
/// Owner: the admin thread. The shards outlive it.
class FlightDesk {
 public:
  enum class Fault : unsigned char { kNoSuchSession, kNoAnswer };

  explicit FlightDesk(std::span<const std::unique_ptr<Shard>> shards) : shards_{shards} {}

  /// What `/flight` answers.
  [[nodiscard]] std::expected<std::string, Fault> sessions() const;
  /// What `/flight/SESSION` answers.
  [[nodiscard]] std::expected<std::string, Fault> dump(signaling::SessionId session) const;

 private:
  std::span<const std::unique_ptr<Shard>> shards_;
};

}  // namespace sluice::sfu
