#include "client/video_source.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "client/raw_video_reader.h"

namespace sluice::client {
namespace {

std::chrono::milliseconds local_time_of_day() {
  const auto wall = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
  std::tm local{};
  localtime_r(&seconds, &local);
  const auto fraction =
      std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()) %
      std::chrono::seconds{1};
  return std::chrono::hours{local.tm_hour} + std::chrono::minutes{local.tm_min} +
         std::chrono::seconds{local.tm_sec} + fraction;
}

class SyntheticVideo final : public VideoSource {
 public:
  SyntheticVideo(const std::string& name, const PictureFormat& format)
      : format_{format}, camera_{name, format.width, format.height} {}

  int width() const override { return format_.width; }
  int height() const override { return format_.height; }
  double frames_per_second() const override { return format_.frames_per_second; }
  std::expected<std::optional<media::I420Image>, std::string> next(
      std::chrono::microseconds elapsed, double loudness) override {
    return camera_.picture(elapsed, local_time_of_day(), loudness);
  }
  bool ended() const override { return false; }

 private:
  PictureFormat format_;
  SyntheticCamera camera_;
};

/// A stream buffer over a descriptor whose reads a stop token ends: std::cin would wait for ever.
class StoppableInput final : public std::streambuf {
 public:
  explicit StoppableInput(int descriptor) : descriptor_{descriptor} {}
  void stop_with(std::stop_token token) { token_ = std::move(token); }

 protected:
  int_type underflow() override {
    constexpr int kLookEveryMs = 100;
    while (!token_.stop_requested()) {
      pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, kLookEveryMs) <= 0) continue;
      const ssize_t count = ::read(descriptor_, buffer_, sizeof buffer_);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      setg(buffer_, buffer_, buffer_ + count);
      return traits_type::to_int_type(buffer_[0]);
    }
    return traits_type::eof();
  }

 private:
  int descriptor_;
  std::stop_token token_;
  char buffer_[256 * 1024];
};

/// Bound: `kAhead` pictures are read ahead; the reading thread waits when they are.
class FileVideo final : public VideoSource {
 public:
  FileVideo(std::unique_ptr<std::streambuf> buffer, std::optional<PictureFormat> format,
            bool repeat)
      : buffer_{std::move(buffer)}, input_{buffer_.get()}, given_{format}, repeat_{repeat} {}
  ~FileVideo() override { thread_.request_stop(); }

  std::expected<void, std::string> open() {
    auto reader = make_reader();
    if (!reader) return std::unexpected(std::move(reader.error()));
    header_ = reader->header();
    thread_ = std::jthread{[this, opened = *reader](const std::stop_token& stop) {
      if (auto* input = dynamic_cast<StoppableInput*>(buffer_.get())) input->stop_with(stop);
      read(opened, stop);
    }};
    return {};
  }

  int width() const override { return header_.width; }
  int height() const override { return header_.height; }
  double frames_per_second() const override { return header_.frames_per_second(); }

  std::expected<std::optional<media::I420Image>, std::string> next(std::chrono::microseconds,
                                                                   double) override {
    const std::scoped_lock lock{mutex_};
    if (ready_.empty()) {
      if (!failure_.empty()) return std::unexpected(failure_);
      return std::nullopt;
    }
    media::I420Image image = std::move(ready_.front());
    ready_.pop_front();
    room_.notify_one();
    return image;
  }

  bool ended() const override {
    const std::scoped_lock lock{mutex_};
    return finished_ && ready_.empty() && failure_.empty();
  }

 private:
  static constexpr std::size_t kAhead = 4;

  std::expected<RawVideoReader, std::string> make_reader() {
    if (!given_) return RawVideoReader::open_y4m(input_);
    return RawVideoReader{input_,
                          {.width = given_->width,
                           .height = given_->height,
                           .rate_numerator = given_->frames_per_second,
                           .rate_denominator = 1}};
  }

  void read(RawVideoReader reader, const std::stop_token& stop) {
    bool any = false;
    while (!stop.stop_requested()) {
      auto image = reader.next();
      if (image && !*image && repeat_ && any) {
        input_.clear();
        input_.seekg(0);
        if (auto again = make_reader()) {
          reader = *std::move(again);
          any = false;
          continue;
        }
      }
      std::unique_lock lock{mutex_};
      if (!image) failure_ = image.error();
      if (!image || !*image) {
        finished_ = true;
        return;
      }
      any = true;
      room_.wait(lock, stop, [&] { return ready_.size() < kAhead; });
      ready_.push_back(**std::move(image));
    }
  }

  std::unique_ptr<std::streambuf> buffer_;
  std::istream input_;
  std::optional<PictureFormat> given_;
  bool repeat_;
  Y4mHeader header_;

  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  std::deque<media::I420Image> ready_;
  bool finished_ = false;
  std::string failure_;
  std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace

std::unique_ptr<VideoSource> make_synthetic_video(const std::string& name,
                                                  const PictureFormat& format) {
  return std::make_unique<SyntheticVideo>(name, format);
}

std::expected<std::unique_ptr<VideoSource>, std::string> open_video_file(
    const std::string& path, std::optional<PictureFormat> format, bool repeat) {
  std::unique_ptr<std::streambuf> buffer;
  if (path == "-") {
    if (repeat) return std::unexpected(std::string{"standard input cannot be repeated"});
    buffer = std::make_unique<StoppableInput>(STDIN_FILENO);
  } else {
    auto file = std::make_unique<std::filebuf>();
    if (file->open(path, std::ios::in | std::ios::binary) == nullptr) {
      return std::unexpected("cannot open " + path + ": " + std::strerror(errno));
    }
    buffer = std::move(file);
  }
  auto video = std::make_unique<FileVideo>(std::move(buffer), format, repeat);
  if (auto opened = video->open(); !opened) {
    return std::unexpected(path + ": " + opened.error());
  }
  return video;
}

}  // namespace sluice::client
