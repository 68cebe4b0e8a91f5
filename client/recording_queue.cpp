#include "client/recording_queue.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace sluice::client {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Track = RecordedBlock::Track;

/// Two frames captured this close show one picture: half of an interval at 60 a second.
constexpr microseconds kSamePicture = milliseconds{8};
/// What the times in a file are counted in.
constexpr microseconds kTick = milliseconds{1};

bool is_video(const RecordedBlock& block) { return block.track == Track::kVideo; }

}  // namespace

std::optional<microseconds> RecordingQueue::last_video() const {
  const auto last = std::ranges::find_if(std::views::reverse(blocks_), is_video);
  return last == blocks_.rend() ? last_video_out_ : last->time;
}

void RecordingQueue::push(RecordedBlock block) {
  if (is_video(block)) {
    auto last = last_video();
    // What is further behind is of another clock, as when the publisher came anew: the moments are
    // others, and nothing makes room for it.
    if (block.keyframe && last && block.time >= *last - kSpan) {
      std::erase_if(blocks_, [&](const RecordedBlock& held) {
        return is_video(held) && held.time > block.time - kSamePicture;
      });
      last = last_video();
    }
    if (last) block.time = std::max(block.time, *last + kTick);
  }
  const auto place = std::ranges::upper_bound(blocks_, block.time, {}, &RecordedBlock::time);
  blocks_.insert(place, std::move(block));
}

bool RecordingQueue::ready() const {
  return !blocks_.empty() && blocks_.back().time - blocks_.front().time >= kSpan;
}

std::optional<RecordedBlock> RecordingQueue::pop() {
  if (!ready()) return std::nullopt;
  return pop_now();
}

std::optional<RecordedBlock> RecordingQueue::pop_now() {
  if (blocks_.empty()) return std::nullopt;
  RecordedBlock block = std::move(blocks_.front());
  blocks_.pop_front();
  if (is_video(block)) last_video_out_ = block.time;
  return block;
}

void RecordingQueue::drop_before(microseconds time) {
  std::erase_if(blocks_, [&](const RecordedBlock& block) { return block.time < time; });
}

}  // namespace sluice::client
