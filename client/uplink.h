#pragma once

#include <optional>
#include <span>
#include <vector>

#include "media/egress.h"
#include "media/frame_pool.h"
#include "media/link_controller.h"

namespace sluice::client {

/// What of a publisher's media goes to the server next, and when: the server's own rules for its
/// subscribers (`media::Egress`), turned round.
///
/// Audio goes before video; what would come too late is left out before it costs bandwidth, the
/// highest temporal layer first; little is ever bound to the socket. Sans-IO.
/// Bound: those of `media::Egress`; frames live in one pool of `kPoolBytesMax`.
/// Owner: the connection; not safe to share between threads.
class Uplink {
 public:
  /// A keyframe of 2 MiB in each of the eight tracks, and as much waiting behind them.
  static constexpr std::size_t kPoolBytesMax = 32 * 1024 * 1024;

  Uplink()
      : pool_{std::make_shared<media::FramePool>(kPoolBytesMax)},
        egress_{media::Egress::Bounds{}} {}

  /// A track that may be sent from now on, in so many simulcast encodings, smallest first. False
  /// when there are too many.
  [[nodiscard]] bool add_track(media::TrackHandle track, media::MediaKind kind, int encodings = 1);
  void remove_track(media::TrackHandle track);

  /// A frame that was captured just now; `description.length` is that of `payload`.
  void push(const media::FrameDescription& description, media::MediaKind kind,
            std::span<const std::byte> payload, media::Time now);

  /// The next chunk to write; nothing when nothing may leave now.
  [[nodiscard]] std::optional<media::Departure> next(media::Time now);
  /// Where the frames of departures live: whoever keeps one keeps this too.
  [[nodiscard]] std::shared_ptr<const media::FramePool> pool() const { return pool_; }
  /// Something waits that `next` held back: ask again at `link().next_look(now)`.
  [[nodiscard]] bool waiting() const;

  /// Encodings that cannot go on without a keyframe.
  using KeyframeWanted = media::Egress::SyncWanted;
  [[nodiscard]] std::vector<KeyframeWanted> keyframes_wanted(media::Time now) const;

  [[nodiscard]] media::LinkController& link() { return link_; }
  [[nodiscard]] const media::LinkController& link() const { return link_; }
  [[nodiscard]] const media::EgressCounters& counters() const { return egress_.counters(); }

 private:
  /// One encoding of one track. The egress sends one encoding of a track to a subscriber; here all
  /// of them go up, so that each is a track of its own to the egress, named by its place here.
  struct Stream {
    media::TrackHandle track{};
    media::EncodingId encoding{};
    bool used = false;
  };
  [[nodiscard]] Stream& stream(media::TrackHandle inner) {
    return streams_[static_cast<std::size_t>(inner)];
  }

  std::shared_ptr<media::FramePool> pool_;  // first, as the egress holds frames of it
  media::Egress egress_;
  media::LinkController link_;
  std::vector<Stream> streams_;
};

}  // namespace sluice::client
