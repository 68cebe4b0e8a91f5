#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client_connection.h"
#include "tests/sim/publisher_model.h"

namespace sluice::real {

/// A participant that publishes what `sim::PublisherModel` gives, at its moments.
///
/// Owner: the thread that runs the io_context.
class ModelPublisher final : private client::ConnectionObserver {
 public:
  using Offered = std::function<void(const media::Frame& frame)>;

  ModelPublisher(boost::asio::io_context& io, const std::string& url,
                 sim::PublisherModel::Settings settings, Offered offered);
  ModelPublisher(const ModelPublisher&) = delete;
  ModelPublisher& operator=(const ModelPublisher&) = delete;
  ~ModelPublisher() { connection_->abort(); }

  /// Both tracks are published: `begin` may be called.
  [[nodiscard]] bool published() const { return camera_ && microphone_; }
  /// The model's time zero is `start`; frames follow while the io_context runs.
  void begin(media::Time start);
  /// Empty while the connection stands.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void on_message(const signaling::ServerMessage& message) override;
  void on_frame(const media::FrameRef&) override {}
  void on_keyframe_wanted(media::TrackHandle track, media::EncodingId encoding) override;
  void on_closed(const client::CloseReason& reason) override { failure_ = reason.message; }
  void publish();
  void send_due();

  sim::PublisherModel::Settings settings_;
  Offered offered_;
  media::FramePool pool_{std::size_t{1} << 28};
  std::optional<sim::PublisherModel> model_;
  media::Time start_{};
  std::optional<media::TrackHandle> camera_, microphone_;
  std::vector<std::byte> zeros_;
  std::string failure_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<client::ClientConnection> connection_;
};

}  // namespace sluice::real
