#include "client/sound_lane.h"

#include <algorithm>
#include <utility>

#include "client/clock.h"

namespace sluice::client {
namespace {

using std::chrono::seconds;

// A lane that breaks at once would else be opened all the time, on a link that is bad already.
constexpr media::Duration kPatienceLeast = seconds{1};
constexpr media::Duration kPatienceMost = seconds{30};
/// A lane that lived for so long was no mistake.
constexpr media::Duration kProven = seconds{60};
/// As the server does on its side: sound that lies in a lane for longer is lost, and the other
/// connection may be well.
constexpr media::Duration kStallMost = seconds{1};

}  // namespace

SoundLane::SoundLane(const boost::asio::any_io_executor& executor, TransportOptions options,
                     std::shared_ptr<media::FramePool> pool, LinkObserver& observer)
    : executor_{executor},
      options_{std::move(options)},
      pool_{std::move(pool)},
      observer_{observer},
      retry_timer_{executor} {}

void SoundLane::admit(std::string room, signaling::ParticipantId participant, std::string key) {
  close();
  attach_ = {.room = std::move(room), .participant = std::move(participant), .key = std::move(key)};
  connect_later();
}

void SoundLane::connect_later() {
  const media::Time moment = now();
  const bool proven = moment - tried_ > kProven;
  const media::Duration wait = proven ? media::Duration{} : patience_;
  patience_ = proven ? kPatienceLeast : std::clamp(2 * patience_, kPatienceLeast, kPatienceMost);
  waiting_ = true;
  retry_timer_.expires_at(steady(moment + wait));
  retry_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && std::exchange(self->waiting_, false)) self->connect();
  });
}

void SoundLane::connect() {
  tried_ = now();
  link_ = std::make_shared<ServerLink>(executor_, options_, pool_, observer_);
  link_->start(attach_);
}

void SoundLane::attached() {
  attached_ = true;
  ++times_opened_;
  link_->limit_stall(kStallMost);
}

void SoundLane::ended(const CloseReason& reason) {
  const bool key_unused = !attached_ && reason.kind != CloseReason::Kind::kRefused;
  close();
  if (key_unused) connect_later();
}

void SoundLane::close() {
  attached_ = false;
  waiting_ = false;
  retry_timer_.cancel();
  if (link_) link_->abort();
  link_.reset();
}

}  // namespace sluice::client
