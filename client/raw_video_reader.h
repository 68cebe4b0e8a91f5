#pragma once

#include <cstdint>
#include <expected>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "media/codec/i420_image.h"

namespace sluice::client {

/// What the first line of a YUV4MPEG2 stream says.
struct Y4mHeader {
  int width = 0;
  int height = 0;
  int rate_numerator = 30;
  int rate_denominator = 1;

  [[nodiscard]] double frames_per_second() const {
    return static_cast<double>(rate_numerator) / rate_denominator;
  }
  friend bool operator==(const Y4mHeader&, const Y4mHeader&) = default;
};

/// Reads the stream header, without its newline. 8-bit 4:2:0 in any siting is taken; interlaced and
/// other samplings are refused. The error is one sentence for people.
[[nodiscard]] std::expected<Y4mHeader, std::string> parse_y4m_header(std::string_view line);

/// Reads pictures from a YUV4MPEG2 stream or from bare I420, both from files and from pipes.
/// `input` must outlive the reader.
class RawVideoReader {
 public:
  /// The stream begins with a YUV4MPEG2 header.
  [[nodiscard]] static std::expected<RawVideoReader, std::string> open_y4m(std::istream& input);
  /// The stream is nothing but pictures of this size and rate.
  RawVideoReader(std::istream& input, const Y4mHeader& format)
      : input_{&input}, header_{format}, framed_{false} {}

  [[nodiscard]] const Y4mHeader& header() const { return header_; }

  /// The next picture; empty at the end of the stream, also in the middle of a last picture.
  /// Errors: what stands where a picture should begin is none.
  [[nodiscard]] std::expected<std::optional<media::I420Image>, std::string> next();

 private:
  std::istream* input_;
  Y4mHeader header_;
  bool framed_ = true;
};

}  // namespace sluice::client
