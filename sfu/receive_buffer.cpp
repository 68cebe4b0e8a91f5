#include "sfu/receive_buffer.h"

#include <algorithm>
#include <cstring>

#include "media/invariant.h"

namespace sluice::sfu {
namespace {

// Besides what the message needs, so that the next message may come with the same read.
constexpr std::size_t kReadAheadBytes = 4096;

}  // namespace

std::span<std::byte> ReceiveBuffer::room(std::span<std::byte> scratch, std::size_t missing) {
  if (size_ == 0 && missing <= scratch.size()) {
    front_ = scratch.data();
    in_scratch_ = true;
    return scratch;
  }
  const std::size_t wanted = std::min(size_ + missing + kReadAheadBytes, bytes_max_);
  invariant(size_ < wanted, "a receive buffer is never asked for more than its bound");
  if (in_scratch_ || wanted > capacity_) {
    move_to_own(wanted);
  } else if (front_ != own_.get()) {
    std::memmove(own_.get(), front_, size_);
    front_ = own_.get();
  }
  return {front_ + size_, capacity_ - size_};
}

void ReceiveBuffer::drop(std::size_t count, std::size_t remaining) {
  invariant(count <= size_ && remaining <= size_ - count, "what is dropped was received");
  front_ += count;
  size_ = remaining;
}

void ReceiveBuffer::settle() {
  if (size_ == 0) {
    own_.reset();
    capacity_ = 0;
    front_ = nullptr;
    in_scratch_ = false;
  } else if (in_scratch_) {
    move_to_own(size_);
  }
}

void ReceiveBuffer::move_to_own(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  std::memcpy(larger.get(), front_, size_);
  own_ = std::move(larger);
  capacity_ = capacity;
  front_ = own_.get();
  in_scratch_ = false;
}

}  // namespace sluice::sfu
