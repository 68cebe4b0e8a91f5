#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "client/server_link.h"

namespace sluice::client {

/// The second connection of a participant's: opened with the key that the server gave, and opened
/// again, with patience, when it ended and the server gave another one.
///
/// Owner: the participant's connection, which also observes the link and passes on here what
/// concerns it. Single executor, as for `ServerLink`; make it with `std::make_shared`.
/// Source: docs/protocol.md section 4.13.
class SoundLane : public std::enable_shared_from_this<SoundLane> {
 public:
  SoundLane(const boost::asio::any_io_executor& executor, TransportOptions options,
            std::shared_ptr<media::FramePool> pool, LinkObserver& observer);

  /// The server would let a lane of `participant` in.
  void admit(std::string room, signaling::ParticipantId participant, std::string key);
  /// The server let it in.
  void attached();
  /// The link ended by itself. When it did so before the key was used, that is tried again.
  void ended(const CloseReason& reason);
  /// Ends the link, if there is one, and opens none until `admit`.
  void close();

  /// Null while there is none.
  [[nodiscard]] ServerLink* link() { return link_.get(); }
  [[nodiscard]] const ServerLink* link() const { return link_.get(); }
  /// Sound may be sent over it.
  [[nodiscard]] bool open() const { return attached_; }
  [[nodiscard]] std::uint64_t times_opened() const { return times_opened_; }

 private:
  void connect_later();
  void connect();

  boost::asio::any_io_executor executor_;
  TransportOptions options_;
  std::shared_ptr<media::FramePool> pool_;
  LinkObserver& observer_;
  std::shared_ptr<ServerLink> link_;
  signaling::Attach attach_;
  bool attached_ = false;
  bool waiting_ = false;  ///< for the time of the next try
  std::uint64_t times_opened_ = 0;
  media::Duration patience_{};  ///< before the next try
  media::Time tried_{};         ///< when the newest try began
  boost::asio::steady_timer retry_timer_;
};

}  // namespace sluice::client
