#pragma once

#include <cstdint>

namespace sluice::signaling {

/// The limits that the server announces in `hello`. Source: docs/protocol.md section 2.
struct Limits {
  std::uint32_t control_bytes = 65536;  ///< one control message
  std::uint32_t chunk_bytes = 65536;    ///< one media message: header and payload
  std::uint32_t frame_bytes = 2097152;  ///< the payload of one whole frame
  std::uint32_t tracks = 8;             ///< published tracks of one participant
  std::uint32_t name_bytes = 128;       ///< a room name, an identity, a display name
  std::uint32_t metadata_bytes = 4096;  ///< `metadata` of a participant
  std::uint32_t control_rate = 200;     ///< control messages a second; bursts of twice as many

  friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace sluice::signaling
