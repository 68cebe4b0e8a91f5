#pragma once

#include <map>
#include <optional>
#include <string>

#include "signaling/participant_info.h"
#include "signaling/room_effect.h"
#include "signaling/server_message.h"

namespace sluice::signaling {

/// What one client knows of its room, built only from the messages that it was sent.
///
/// It is what a client library would keep. A message that does not fit what was said before is a
/// test failure.
class RoomView {
 public:
  void receive(const std::string& text);

  [[nodiscard]] bool joined() const { return self_.has_value(); }
  [[nodiscard]] const ParticipantInfo& self() const { return *self_; }
  [[nodiscard]] const std::map<ParticipantId, ParticipantInfo>& others() const { return others_; }
  [[nodiscard]] const std::map<TrackId, TrackHandle>& subscriptions() const {
    return subscriptions_;
  }
  /// What a lane of this client may attach with; nothing when it was given none.
  [[nodiscard]] const std::optional<std::string>& lane_key() const { return lane_key_; }
  /// The last message, for tests that look at one answer.
  [[nodiscard]] const ServerMessage& last() const { return last_; }

 private:
  void apply(const Joined& joined);
  void apply(const ParticipantJoined& joined);
  void apply(const ParticipantLeft& left);
  void apply(const Published& published);
  void apply(const Unpublished& unpublished);
  void apply(const TrackPublished& published);
  void apply(const TrackUnpublished& unpublished);
  void apply(const Subscribed& subscribed);
  void apply(const Unsubscribed& unsubscribed);
  void apply(const Muted& muted);
  // Of a lane; what goes where is for the media side.
  void apply(const Attached&) {}
  void apply(const LaneClosed& closed) { lane_key_ = closed.lane; }
  void apply(const ErrorReport&) {}
  template <typename Other>
  void apply(const Other& other);

  [[nodiscard]] ParticipantInfo* other(const ParticipantId& id);
  [[nodiscard]] bool others_publish(const TrackId& track) const;

  std::optional<ParticipantInfo> self_;
  std::map<ParticipantId, ParticipantInfo> others_;
  std::map<TrackId, TrackHandle> subscriptions_;
  std::optional<std::string> lane_key_;
  ServerMessage last_{.id = {}, .reply_to = {}, .body = Ping{}};
};

}  // namespace sluice::signaling
