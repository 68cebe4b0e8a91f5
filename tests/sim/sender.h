#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "media/egress.h"
#include "media/group_cache.h"
#include "media/link_controller.h"
#include "media/published_track.h"
#include "tests/sim/tcp_link.h"

namespace sluice::sim {

/// A message on the wire: it is with the receiver once `end` bytes were delivered.
struct WireMessage {
  std::uint64_t end = 0;
  media::ChunkHeader header;
  media::FrameRef frame;
  std::uint32_t payload_bytes = 0;
};

/// A ping on the wire (`media::EchoProbes`), answered once `end` bytes were delivered.
struct WirePing {
  std::uint64_t end = 0;
  std::uint64_t id = 0;
};

/// What one server does for one subscriber: frames in, bytes to its TCP connection.
class Sender {
 public:
  explicit Sender(TcpLink& link) : link_(link) {}
  virtual ~Sender() = default;

  virtual void on_frame(const media::FrameRef& frame, Time now) = 0;
  /// Writes what may be written now.
  virtual void pump(Time now) = 0;
  /// When to pump next although nothing happened.
  [[nodiscard]] virtual Time next_look(Time /*now*/) const { return Time::max(); }
  virtual void on_report(std::uint64_t /*media_bytes*/, Time /*now*/) {}
  virtual void on_pong(std::uint64_t /*ping*/, Time /*now*/) {}
  /// Adds the encodings whose keyframe the publisher must be asked for.
  virtual void poll_keyframe_requests(Time /*now*/,
                                      std::vector<media::Egress::SyncWanted>& /*out*/) {}

  /// Messages not yet taken by the receiver, in order.
  std::deque<WireMessage>& wire() { return wire_; }
  /// Pings not yet taken by the receiver, in order.
  std::deque<WirePing>& pings() { return pings_; }

 protected:
  /// Adds one chunk to what the next `flush` gives to the kernel.
  void add(const media::ChunkHeader& header, const media::FrameRef& frame,
           std::uint32_t payload_bytes);
  void add_ping(std::uint64_t id);
  /// Gives all that was added to the kernel in one write; false while something is left of it.
  bool flush(Time now);
  /// Added, and not with the kernel yet.
  [[nodiscard]] std::size_t pending_bytes() const { return pending_; }

  TcpLink& link_;

 private:
  std::deque<WireMessage> wire_;
  std::deque<WirePing> pings_;
  std::uint64_t written_ = 0;
  std::size_t pending_ = 0;
};

/// The real thing: media::Egress and media::LinkController, pumped as the server pumps them.
class SluiceSender final : public Sender {
 public:
  /// A track that is subscribed.
  struct Track {
    media::TrackHandle handle{};
    media::SubscriptionSettings settings;
    int encodings = 1;
  };
  struct Settings {
    media::Egress::Bounds bounds;
    media::SubscriptionSettings video;
    media::SubscriptionSettings audio{.kind = media::MediaKind::kAudio,
                                      .latency_budget = std::chrono::milliseconds{200}};
    media::TrackHandle camera{1};
    media::TrackHandle microphone{2};
    int encodings = 1;  ///< of the camera
    bool reports = true;
    /// What is subscribed, if not that one camera and one microphone.
    std::vector<Track> tracks;
  };
  SluiceSender(TcpLink& link, const Settings& settings);

  void on_frame(const media::FrameRef& frame, Time now) override;
  void pump(Time now) override;
  [[nodiscard]] Time next_look(Time now) const override;
  void on_report(std::uint64_t media_bytes, Time now) override;
  void on_pong(std::uint64_t ping, Time now) override;
  void poll_keyframe_requests(Time now, std::vector<media::Egress::SyncWanted>& out) override;

  /// The subscriber gives a video another weight.
  void set_priority(media::TrackHandle track, std::uint8_t priority);

  [[nodiscard]] const media::LinkController& controller() const { return controller_; }
  [[nodiscard]] const media::Egress& egress() const { return egress_; }

 private:
  /// A video and the way to its present, as the server's route of it has them.
  struct Video {
    Track track;
    std::unique_ptr<media::PublishedTrack> published;
  };
  void subscribe(Track track);
  [[nodiscard]] Video* video(media::TrackHandle handle);
  void depart(const media::Departure& departure, Time now);
  /// More sound that waits already goes in the same segment.
  void gather_sound(Time now);
  void probe(Time now);
  bool write(Time now);
  void allocate(Time now);
  void sync(Time now);

  Settings settings_;
  media::Egress egress_;
  media::LinkController controller_;
  std::vector<Video> videos_;
  std::vector<media::Egress::Ladder> ladders_;
  bool held_back_ = false;
};

/// What others do, to compare with.
class QueueSender final : public Sender {
 public:
  enum class Policy : std::uint8_t {
    kFifo,            ///< an unbounded queue in order
    kTailDrop,        ///< a queue of 64 kB; what does not fit is dropped
    kDropToKeyframe,  ///< a queue of 256 kB; at overflow it is emptied up to the next keyframe
    kPriority,        ///< audio first, small chunks, a low-water mark; no deadlines
  };
  /// `encoding`: the one of each camera that is forwarded; these do not adapt.
  QueueSender(TcpLink& link, Policy policy, media::EncodingId encoding = {})
      : Sender(link), policy_(policy), encoding_(encoding) {}

  void on_frame(const media::FrameRef& frame, Time now) override;
  void pump(Time now) override;
  void poll_keyframe_requests(Time now, std::vector<media::Egress::SyncWanted>& out) override;

 private:
  struct Entry {
    media::FrameRef frame;
    std::uint32_t sent = 0;
  };
  void admit(const media::FrameRef& frame);

  Policy policy_;
  media::EncodingId encoding_;
  std::deque<Entry> audio_;  ///< kPriority only
  std::deque<Entry> queue_;
  std::size_t queue_bytes_ = 0;
  std::set<media::TrackHandle> cameras_;  ///< that were ever seen
  std::set<media::TrackHandle> waiting_for_keyframe_;
  std::set<media::TrackHandle> wanting_keyframe_;
  std::optional<Time> asked_;
};

}  // namespace sluice::sim
