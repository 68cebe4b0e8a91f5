#include "client/raw_video_reader.h"

#include <charconv>

namespace sluice::client {
namespace {

// Lines of the format are short; a longer one is something else, perhaps gigabytes of it.
constexpr std::size_t kLineBytesMax = 1024;
constexpr std::string_view kStreamMagic = "YUV4MPEG2";
constexpr std::string_view kFrameMagic = "FRAME";

std::optional<int> positive_number(std::string_view text, int greatest) {
  int value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc{} || stop != end || value < 1 || value > greatest) return std::nullopt;
  return value;
}

/// A line without its newline; empty when the stream ends first or the line is too long.
std::optional<std::string> read_line(std::istream& input) {
  std::string line;
  char c = 0;
  while (line.size() < kLineBytesMax && input.get(c)) {
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

/// Takes in one parameter of the header; the error is one sentence.
std::expected<void, std::string> read_parameter(std::string_view parameter, Y4mHeader& header) {
  const std::string_view value = parameter.substr(1);
  const auto refuse = [&](std::string_view what) {
    return std::unexpected("the y4m header's " + std::string{what} + " '" + std::string{value} +
                           "' cannot be used");
  };
  switch (parameter.front()) {
    case 'W':
    case 'H': {
      const auto side = positive_number(value, media::kPictureSideMax);
      if (!side) return refuse(parameter.front() == 'W' ? "width" : "height");
      (parameter.front() == 'W' ? header.width : header.height) = *side;
      return {};
    }
    case 'F': {
      const std::size_t colon = value.find(':');
      if (colon == std::string_view::npos) return refuse("frame rate");
      const auto numerator = positive_number(value.substr(0, colon), 1'000'000'000);
      const auto denominator = positive_number(value.substr(colon + 1), 1'000'000'000);
      if (!numerator || !denominator) return refuse("frame rate");
      header.rate_numerator = *numerator;
      header.rate_denominator = *denominator;
      return {};
    }
    case 'I':
      if (value != "p" && value != "?") return refuse("interlacing");
      return {};
    case 'C':
      if (value != "420" && value != "420jpeg" && value != "420mpeg2" && value != "420paldv") {
        return refuse("sampling (4:2:0 in 8 bits is needed; ffmpeg: -pix_fmt yuv420p)");
      }
      return {};
    default:
      return {};  // aspect ratio and comments do not change the bytes
  }
}

}  // namespace

std::expected<Y4mHeader, std::string> parse_y4m_header(std::string_view line) {
  if (!line.starts_with(kStreamMagic) ||
      (line.size() > kStreamMagic.size() && line[kStreamMagic.size()] != ' ')) {
    return std::unexpected(std::string{
        "the video does not begin with YUV4MPEG2; for bare I420 pictures give --size and --fps"});
  }
  Y4mHeader header;
  std::string_view rest = line.substr(kStreamMagic.size());
  while (!rest.empty()) {
    const std::size_t begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin);
    const std::string_view parameter = rest.substr(0, rest.find(' '));
    rest.remove_prefix(parameter.size());
    if (auto read = read_parameter(parameter, header); !read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  if (header.width == 0 || header.height == 0) {
    return std::unexpected(std::string{"the y4m header names no width or no height"});
  }
  const double rate = header.frames_per_second();
  if (rate < 1 || rate > 240) {
    return std::unexpected(std::string{"the y4m header's frame rate is not 1 to 240"});
  }
  return header;
}

std::expected<RawVideoReader, std::string> RawVideoReader::open_y4m(std::istream& input) {
  const auto line = read_line(input);
  auto header = parse_y4m_header(line.value_or(""));
  if (!header) return std::unexpected(std::move(header.error()));
  RawVideoReader reader{input, *header};
  reader.framed_ = true;
  return reader;
}

std::expected<std::optional<media::I420Image>, std::string> RawVideoReader::next() {
  if (framed_) {
    if (input_->peek() == std::istream::traits_type::eof()) return std::nullopt;
    const auto line = read_line(*input_);
    if (!line || !line->starts_with(kFrameMagic)) {
      if (!line && input_->eof()) return std::nullopt;
      return std::unexpected(std::string{"the y4m stream holds no FRAME where one should begin"});
    }
  }
  media::I420Image image{header_.width, header_.height};
  const auto bytes = image.bytes();
  input_->read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<std::size_t>(input_->gcount()) != bytes.size()) return std::nullopt;
  return image;
}

}  // namespace sluice::client
