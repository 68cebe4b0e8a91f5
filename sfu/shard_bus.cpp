#include "sfu/shard_bus.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "media/invariant.h"

namespace sluice::sfu {

ShardBus::ShardBus(std::size_t shards) {
  invariant(shards >= 1 && shards <= kShardsMax, "the number of shards was checked");
  for (std::size_t to = 0; to < shards; ++to) {
    inboxes_.push_back(std::make_unique<Inbox>());
    inboxes_.back()->event = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inboxes_.back()->event < 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
    }
  }
  for (std::size_t from = 0; from < shards; ++from) {
    for (std::size_t to = 0; to < shards; ++to) {
      rings_.push_back(from == to ? nullptr : std::make_unique<Ring>(kRingFrames));
    }
  }
}

ShardBus::~ShardBus() {
  for (const auto& inbox : inboxes_) {
    if (inbox->event >= 0) ::close(inbox->event);
  }
}

ShardPort::ShardPort(ShardBus& bus, ShardIndex self, metrics::ShardMetrics& metrics)
    : bus_{bus}, self_{self}, metrics_{metrics}, backlogs_(bus.shards()) {}

void ShardPort::send(ShardIndex to, ShardMessage message) {
  invariant(to != self_, "a shard does not write to itself");
  auto boxed = std::make_unique<ShardMessage>(std::move(message));
  std::deque<ShardBus::Boxed>& backlog = backlogs_[static_cast<std::size_t>(to)];
  if (backlog.empty() && bus_.inbox(to).messages.try_push(std::move(boxed))) {
    to_wake_.set(static_cast<std::size_t>(to));
    return;
  }
  metrics_.shard_messages_delayed.add();
  backlog.push_back(std::move(boxed));
  ++waiting_;
}

bool ShardPort::offer(ShardIndex to, Crossing&& crossing) {
  if (!bus_.ring(self_, to).try_push(std::move(crossing))) return false;
  to_wake_.set(static_cast<std::size_t>(to));
  return true;
}

void ShardPort::flush() {
  for (std::size_t to = 0; waiting_ > 0 && to < backlogs_.size(); ++to) {
    std::deque<ShardBus::Boxed>& backlog = backlogs_[to];
    ShardBus::Inbox& inbox = bus_.inbox(ShardIndex{static_cast<std::uint8_t>(to)});
    while (!backlog.empty() && inbox.messages.try_push(std::move(backlog.front()))) {
      backlog.pop_front();
      --waiting_;
      to_wake_.set(to);
    }
  }
  if (to_wake_.none()) return;
  for (std::size_t to = 0; to < backlogs_.size(); ++to) {
    if (to_wake_.test(to)) wake(ShardIndex{static_cast<std::uint8_t>(to)});
  }
  to_wake_.reset();
}

void ShardPort::take_crossings() {
  constexpr std::size_t kBatch = 32;
  std::array<Crossing, kBatch> batch;
  for (std::size_t other = 0; other < shards(); ++other) {
    const ShardIndex from{static_cast<std::uint8_t>(other)};
    if (from == self_) continue;
    ShardBus::Ring& ring = bus_.ring(from, self_);
    std::size_t taken = 0;
    std::size_t count = kBatch;
    while (count == kBatch && taken < ring.capacity()) {
      count = ring.pop_batch(batch);
      for (std::size_t i = 0; i < count; ++i) {
        crossings_.emplace_back(from, std::exchange(batch[i], {}));
      }
      taken += count;
    }
    if (taken >= ring.capacity()) wake(self_);
  }
}

void ShardPort::take_messages() {
  media::MpscQueue<ShardBus::Boxed>& messages = bus_.inbox(self_).messages;
  while (messages_.size() < messages.capacity()) {
    auto message = messages.try_pop();
    if (!message) return;
    messages_.push_back(*std::move(message));
  }
  wake(self_);
}

void ShardPort::wake(ShardIndex shard) {
  ShardBus::Inbox& inbox = bus_.inbox(shard);
  if (!inbox.wake.request()) return;
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the event is set anyway.
  [[maybe_unused]] const ssize_t written = ::write(inbox.event, &one, sizeof one);
}

}  // namespace sluice::sfu
