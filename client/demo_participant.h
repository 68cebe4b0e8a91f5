#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "client/publish_session.h"

namespace sluice::client {

/// A participant who does not exist, keeps company, and comes back when the server was away.
///
/// Owner: one executor that runs one handler at a time.
class DemoParticipant {
 public:
  struct Options {
    TransportOptions transport;
    std::string room;
    std::string name;
    std::string identity;
    PictureFormat picture;
    std::uint32_t video_bitrate_bps = 250'000;
    /// A fresh token for each connection; empty where the server wants none.
    std::function<std::string()> token;
  };

  /// `report` gets a line for people when something changes.
  DemoParticipant(const boost::asio::any_io_executor& executor, Options options,
                  std::function<void(const std::string&)> report);

  void start() { connect(); }
  /// Says goodbye; `stopped` is called once that is done.
  void stop(std::function<void()> stopped);

 private:
  void connect();
  void ended(const PublishSession::Outcome& outcome);

  boost::asio::any_io_executor executor_;
  Options options_;
  std::function<void(const std::string&)> report_;
  std::function<void()> stopped_;
  std::shared_ptr<PublishSession> session_;
  boost::asio::steady_timer retry_timer_;
  std::chrono::milliseconds retry_after_;
  std::string last_failure_;
};

}  // namespace sluice::client
