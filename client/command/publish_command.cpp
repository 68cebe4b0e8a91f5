#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "client/command/arguments.h"
#include "client/command/commands.h"
#include "client/command/session_run.h"
#include "client/publish_session.h"
#include "client/wav_file.h"

namespace sluice::client {
namespace {

struct PublishArguments {
  ConnectionArguments connection;
  bool synthetic = false;
  std::string video;
  bool no_video = false;
  std::string audio = "speech-like";
  std::optional<double> tone_hertz;
  std::string codec = "vp8";
  std::string bitrate = "600k";
  std::optional<std::string> size;
  std::optional<int> frames_per_second;
  int temporal_layers = 3;
  std::string simulcast = "auto";
  bool repeat = false;
  std::optional<int> barcode;
  SessionArguments session;
};

// Longer recordings would take more memory than a test source is worth: 48 kHz, float, 20 minutes.
constexpr std::size_t kWavBytesMax = 512 * 1024 * 1024;

std::unique_ptr<VideoSource> open_video(const PublishArguments& arguments) {
  if (arguments.no_video) return nullptr;
  PictureFormat format;
  if (arguments.size) format = *parse_size(*arguments.size);
  if (arguments.frames_per_second) format.frames_per_second = *arguments.frames_per_second;
  if (arguments.video.empty()) return make_synthetic_video(arguments.connection.name(), format);
  const bool bare = arguments.size.has_value();
  if (!bare && arguments.frames_per_second) {
    throw CLI::ValidationError("--fps",
                               "a y4m video brings its own rate; for bare I420 pictures "
                               "give --size too");
  }
  auto video = open_video_file(arguments.video, bare ? std::optional{format} : std::nullopt,
                               arguments.repeat);
  if (!video) throw CLI::ValidationError("--video", video.error());
  return *std::move(video);
}

std::unique_ptr<SoundSource> open_wav(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw CLI::ValidationError("--audio", "cannot open " + path);
  std::vector<char> bytes;
  file.seekg(0, std::ios::end);
  if (file.tellg() > static_cast<std::streamoff>(kWavBytesMax)) {
    throw CLI::ValidationError("--audio", path + " is over 512 MiB");
  }
  file.seekg(0);
  bytes.assign(std::istreambuf_iterator<char>{file}, {});
  const auto sound = parse_wav(std::as_bytes(std::span{bytes}));
  if (!sound) throw CLI::ValidationError("--audio", path + ": " + sound.error());
  auto samples = resample_to_mono(*sound, media::kOpusSampleRate);
  if (samples.empty()) throw CLI::ValidationError("--audio", path + " is too short");
  return make_loop(std::move(samples));
}

std::unique_ptr<SoundSource> open_sound(const PublishArguments& arguments) {
  if (arguments.tone_hertz) return make_sine(*arguments.tone_hertz);
  if (arguments.audio == "none") return nullptr;
  if (arguments.audio == "tone") return make_melody(arguments.connection.name());
  if (arguments.audio == "speech-like") return make_murmur(arguments.connection.name());
  return open_wav(arguments.audio);
}

nlohmann::ordered_json left_out_json(const media::EgressCounters::OfKind& counters) {
  nlohmann::ordered_json reasons;
  for (std::size_t i = 0; i < media::kLeftOutReasons; ++i) {
    reasons[media::name_of(static_cast<media::LeftOut>(i))] = counters.left_out[i];
  }
  return reasons;
}

std::string left_out_text(const media::EgressCounters::OfKind& counters) {
  std::string text;
  for (std::size_t i = 0; i < media::kLeftOutReasons; ++i) {
    if (counters.left_out[i] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::to_string(counters.left_out[i]) + " " +
            media::name_of(static_cast<media::LeftOut>(i));
  }
  return text.empty() ? "none" : text;
}

nlohmann::ordered_json encodings_json(const PublishFigures& figures) {
  auto encodings = nlohmann::ordered_json::array();
  for (const auto& encoding : figures.encodings) {
    encodings.push_back({{"width", encoding.width},
                         {"height", encoding.height},
                         {"bitrate_bps", encoding.bitrate_bps},
                         {"frames", encoding.frames},
                         {"keyframes", encoding.keyframes}});
  }
  return encodings;
}

void print_json(const PublishFigures& figures) {
  const auto& video = figures.uplink.of(media::MediaKind::kVideo);
  const auto& audio = figures.uplink.of(media::MediaKind::kAudio);
  nlohmann::ordered_json json;
  json["video"] = {{"pictures", figures.pictures},
                   {"pictures_missed", figures.pictures_missed},
                   {"frames_skipped", figures.frames_skipped},
                   {"frames_sent", video.frames_sent},
                   {"bytes_sent", video.bytes_sent},
                   {"keyframes", figures.keyframes},
                   {"bitrate_bps", figures.video_bitrate_bps},
                   {"left_out", left_out_json(video)},
                   {"encodings", encodings_json(figures)}};
  json["audio"] = {{"frames", figures.audio_frames},
                   {"frames_sent", audio.frames_sent},
                   {"bytes_sent", audio.bytes_sent},
                   {"left_out", left_out_json(audio)}};
  json["media_bytes_sent"] = figures.connection.media_bytes_sent;
  json["lane"] = {{"opened", figures.connection.lanes_opened}};
  json["rtt_ms"] = nullptr;
  if (figures.connection.round_trip) {
    json["rtt_ms"] = static_cast<double>(figures.connection.round_trip->count()) / 1000.0;
  }
  std::printf("%s\n", json.dump(2).c_str());
}

void print_summary(const PublishFigures& figures) {
  const auto& video = figures.uplink.of(media::MediaKind::kVideo);
  const auto& audio = figures.uplink.of(media::MediaKind::kAudio);
  std::fprintf(stderr,
               "video: %llu frames sent, %.1f kB, %llu keyframes, left out: %s\n"
               "audio: %llu frames sent, %.1f kB, left out: %s\n",
               static_cast<unsigned long long>(video.frames_sent),
               static_cast<double>(video.bytes_sent) / 1000.0,
               static_cast<unsigned long long>(figures.keyframes), left_out_text(video).c_str(),
               static_cast<unsigned long long>(audio.frames_sent),
               static_cast<double>(audio.bytes_sent) / 1000.0, left_out_text(audio).c_str());
  if (figures.connection.round_trip) {
    std::fprintf(stderr, "round trip: %.1f ms\n",
                 static_cast<double>(figures.connection.round_trip->count()) / 1000.0);
  }
}

std::string progress(const PublishFigures& figures) {
  const auto& video = figures.uplink.of(media::MediaKind::kVideo);
  char text[160];
  std::snprintf(text, sizeof text,
                "published %llu frames of video, %llu of audio, %.1f kB; video at %u kbit/s",
                static_cast<unsigned long long>(video.frames_sent),
                static_cast<unsigned long long>(figures.audio_frames),
                static_cast<double>(figures.connection.media_bytes_sent) / 1000.0,
                figures.video_bitrate_bps / 1000);
  return text;
}

ExitCode publish(const PublishArguments& arguments) {
  PublishOptions options{.transport = arguments.connection.transport(),
                         .join = arguments.connection.join()};
  options.join.auto_subscribe = false;
  options.codec = arguments.codec == "vp9" ? media::VideoCodec::kVp9 : media::VideoCodec::kVp8;
  options.video_bitrate_bps = static_cast<std::uint32_t>(*parse_bitrate(arguments.bitrate));
  options.temporal_layers = arguments.temporal_layers;
  options.encodings = arguments.simulcast == "auto" ? 0 : std::stoi(arguments.simulcast);
  if (arguments.barcode) options.barcode = static_cast<std::uint8_t>(*arguments.barcode);
  std::shared_ptr<VideoSource> video = open_video(arguments);
  std::shared_ptr<SoundSource> sound = open_sound(arguments);
  if (!video && !sound) throw CLI::ValidationError("--audio none", "nothing is left to publish");

  boost::asio::io_context io{1};
  auto session = std::make_shared<PublishSession>(io.get_executor(), options, video, sound);
  ProgressLine line;
  const SessionEnd end = run_session(io, *session, arguments.session.duration(),
                                     [&] { line.show(progress(session->figures())); });
  line.end();
  if (!end.failure.empty()) std::fprintf(stderr, "sluice publish: %s\n", end.failure.c_str());
  if (arguments.session.json()) {
    print_json(session->figures());
  } else if (session->joined()) {
    print_summary(session->figures());
  }
  return end.code;
}

}  // namespace

void add_publish_command(CLI::App& app, Command& run) {
  auto arguments = std::make_shared<PublishArguments>();
  CLI::App* command = app.add_subcommand("publish", "Send a picture and a sound into a room");
  command->footer(
      "Examples:\n"
      "  sluice publish tcp://localhost:8080 --room demo --name Ada\n"
      "  ffmpeg -i talk.mp4 -f yuv4mpegpipe -pix_fmt yuv420p - |\n"
      "    sluice publish tcp://localhost:8080 --room demo --video - --audio talk.wav");
  arguments->connection.add_to(*command, "Publisher");
  auto* synthetic = command->add_flag("--synthetic", arguments->synthetic,
                                      "Send a drawn moving picture (the default)");
  auto* video = command->add_option("--video", arguments->video,
                                    "A y4m file, or with --size bare I420 pictures; - reads "
                                    "standard input");
  auto* no_video = command->add_flag("--no-video", arguments->no_video, "Send sound only");
  video->type_name("FILE")->excludes(synthetic);
  no_video->excludes(video)->excludes(synthetic);
  auto* audio = command->add_option("--audio", arguments->audio,
                                    "tone, speech-like, none, or a WAV file, which is repeated");
  audio->capture_default_str()->type_name("SOUND");
  command->add_option("--tone", arguments->tone_hertz, "Send a pure tone of so many hertz")
      ->check(CLI::Range(20.0, 20000.0))
      ->excludes(audio)
      ->type_name("HZ");
  command->add_option("--codec", arguments->codec, "vp8 or vp9")
      ->check(CLI::IsMember({"vp8", "vp9"}))
      ->capture_default_str();
  command
      ->add_option("--bitrate", arguments->bitrate, "Of the largest picture, at most: 600k, 1.5M")
      ->check(is_bitrate())
      ->capture_default_str()
      ->type_name("BITS/S");
  command->add_option("--size", arguments->size, "Width and height of the picture (640x360)")
      ->check(is_size())
      ->type_name("WxH");
  command->add_option("--fps", arguments->frames_per_second, "Pictures a second (30)")
      ->check(CLI::Range(1, 120))
      ->type_name("N");
  command
      ->add_option("--temporal-layers", arguments->temporal_layers,
                   "Layers that the server may leave out")
      ->check(CLI::Range(1, 3))
      ->capture_default_str()
      ->type_name("N");
  command
      ->add_option("--simulcast", arguments->simulcast,
                   "Encodings of the picture, each half as wide and high as the next: 1, 2 or 3; "
                   "auto: 2 from 360 lines on, 3 from 720 on")
      ->check(CLI::IsMember({"auto", "1", "2", "3"}))
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--repeat", arguments->repeat, "Begin the video file anew when it ends")
      ->needs(video);
  command
      ->add_option("--barcode", arguments->barcode,
                   "Draw a strip over the picture that machines can read: this number (0 to "
                   "255) and that of the picture")
      ->check(CLI::Range(0, 255))
      ->type_name("ID");
  arguments->session.add_to(*command);
  command->callback([arguments, &run] { run = [arguments] { return publish(*arguments); }; });
}

}  // namespace sluice::client
