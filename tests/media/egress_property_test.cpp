// Random meetings against one subscriber's queues, with a receiver that keeps its own books.
// A failure prints the seed: SLUICE_SEED=N runs that one alone.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "media/egress.h"
#include "media/group_cache.h"
#include "tests/media/synthetic_track.h"

namespace sluice::media {
namespace {

using std::chrono::milliseconds;

/// What a decoder would have: written without a look at DependencyTracker.
class StrictReceiver {
 public:
  /// Takes a departure; returns what is wrong with it, or nothing.
  std::optional<std::string> take(const Departure& departure) {
    const ChunkHeader& header = departure.header;
    Track& track = tracks_[header.track];
    if (header.abandon) {
      if (!track.open || track.open->number != header.frame) return "abandons what is not open";
      track.open.reset();
      return std::nullopt;
    }
    if (header.description) {
      if (track.open) return "begins a frame before the one before it ended";
      if (auto wrong = check_begin(track, *header.description, departure.frame->kind)) return wrong;
      track.open = *header.description;
      track.received = 0;
    }
    if (!track.open || track.open->number != header.frame) return "continues what is not open";
    if (header.offset != track.received) return "skips bytes of a frame";
    if (departure.payload.empty()) return "carries nothing";
    track.received += static_cast<std::uint32_t>(departure.payload.size());
    if (header.last != (track.received == track.open->length)) return "ends at the wrong byte";
    if (header.last) finish(track);
    return std::nullopt;
  }

  /// The newest keyframe that arrived whole on a track.
  [[nodiscard]] std::optional<FrameNumber> last_keyframe(TrackHandle track) {
    return tracks_[track].last_keyframe;
  }
  void forget(TrackHandle track) { tracks_.erase(track); }

 private:
  struct Track {
    std::optional<FrameDescription> open;
    std::uint32_t received = 0;
    std::optional<EncodingId> encoding;
    std::set<FrameNumber> decoded;  ///< since the last keyframe
    std::optional<FrameNumber> last_keyframe;
    std::optional<FrameNumber> last_audio;
  };

  static std::optional<std::string> check_begin(Track& track, const FrameDescription& frame,
                                                MediaKind kind) {
    if (kind == MediaKind::kAudio) {
      if (track.last_audio && frame.number <= *track.last_audio) return "audio goes backwards";
      track.last_audio = frame.number;
      return std::nullopt;
    }
    if (frame.keyframe) return std::nullopt;
    if (track.encoding != frame.encoding) return "delta of an encoding without its keyframe";
    if (!track.decoded.empty() && frame.number <= *track.decoded.rbegin()) {
      return "goes back in decode order";
    }
    for (const std::uint16_t delta : frame.dependencies()) {
      if (!track.decoded.contains(frame.number - delta)) {
        return "frame " + std::to_string(frame.number) + " needs " +
               std::to_string(frame.number - delta) + ", which was not sent whole";
      }
    }
    return std::nullopt;
  }

  static void finish(Track& track) {
    if (track.open->keyframe) {
      track.decoded.clear();
      track.encoding = track.open->encoding;
      track.last_keyframe = track.open->number;
    }
    track.decoded.insert(track.open->number);
    track.open.reset();
  }

  std::map<TrackHandle, Track> tracks_;
};

/// One random run: a few cameras and microphones, a link that changes its mind.
class RandomMeeting {
 public:
  explicit RandomMeeting(std::uint64_t seed) : random_(seed) {
    const int videos = pick(1, 4);
    for (int index = 0; index < videos; ++index) {
      const SyntheticVideo::Shape shape{
          .track = TrackHandle{static_cast<std::uint16_t>(index)},
          .encoding = EncodingId{0},
          .temporal_layers = pick(1, 3),
          .tangled = chance(0.5),
          .delta_bytes = static_cast<std::uint32_t>(pick(100, 6000)),
          .keyframe_bytes = static_cast<std::uint32_t>(pick(1000, 80000)),
      };
      SyntheticVideo::Shape larger = shape;
      larger.encoding = EncodingId{1};
      videos_.push_back({.shape = shape,
                         .encodings = {SyntheticVideo{pool_, shape, random_()},
                                       SyntheticVideo{pool_, larger, random_()}},
                         .keyframe_each = pick(10, 300)});
      subscribe(videos_.back());
    }
    audios_ = pick(0, 3);
    for (int index = 0; index < audios_; ++index) {
      EXPECT_TRUE(egress_.subscribe(
          audio_handle(index), {.kind = MediaKind::kAudio, .latency_budget = milliseconds{200}}));
    }
  }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      now_ += milliseconds{pick(1, 20)};
      publish();
      if (chance(0.02)) change_settings();
      if (chance(0.05)) {
        EXPECT_TRUE(egress_.push_control(std::make_shared<std::string>("{}")));
      }
      if (chance(0.03)) link_open_ = !link_open_;
      if (chance(0.02))
        rate_ = chance(0.3) ? std::nullopt : std::optional{double(pick(2, 500)) * 1e3};
      if (link_open_) send(pick(0, 12));
      check_bounds();
    }
    drain();
  }

 private:
  struct Video {
    SyntheticVideo::Shape shape;
    std::array<SyntheticVideo, 2> encodings;
    int keyframe_each = 30;
    std::uint8_t shown = 0;
    bool hidden = false;
    /// Newest keyframe of the shown encoding that was pushed since the settings changed.
    std::optional<FrameNumber> keyframe_owed;
  };

  int pick(int low, int high) { return std::uniform_int_distribution{low, high}(random_); }
  bool chance(double probability) { return std::bernoulli_distribution{probability}(random_); }
  static TrackHandle audio_handle(int index) {
    return TrackHandle{static_cast<std::uint16_t>(100 + index)};
  }

  GroupCache& cache_of(const Video& video, std::uint8_t encoding) {
    return group_.try_emplace({video.shape.track, encoding}, GroupCache::Bounds{}).first->second;
  }

  void subscribe(Video& video) {
    EXPECT_TRUE(egress_.subscribe(video.shape.track,
                                  {.kind = MediaKind::kVideo,
                                   .latency_budget = milliseconds{pick(50, 1000)},
                                   .encoding = EncodingId{video.shown},
                                   .max_temporal_layer = static_cast<std::uint8_t>(pick(0, 3)),
                                   .priority = static_cast<std::uint8_t>(pick(1, 255)),
                                   .hidden = video.hidden}));
  }

  void publish() {
    for (Video& video : videos_) {
      const bool keyframe = pick(0, video.keyframe_each) == 0;
      for (std::uint8_t encoding = 0; encoding < 2; ++encoding) {
        SyntheticVideo& source = video.encodings[encoding];
        if (chance(0.002)) source.skip_numbers(static_cast<FrameNumber>(pick(1, 3000)));
        const bool first = source.next_number() == 0;
        const FrameRef frame = source.next(now_, keyframe || first);
        if (chance(0.005)) continue;  // lost on the uplink: what needs it must not go out
        if (frame->description.keyframe && encoding == video.shown && !video.hidden) {
          video.keyframe_owed = frame->description.number;
        }
        cache_of(video, encoding).add(frame);
        egress_.push(frame);
      }
      if (chance(0.02)) {
        std::ignore =
            egress_.push_group(video.shape.track, cache_of(video, video.shown).frames(), link());
      }
    }
    for (int index = 0; index < audios_; ++index) {
      if (chance(0.5)) {
        egress_.push(synthetic_audio(pool_, audio_handle(index), audio_number_++, now_,
                                     static_cast<std::uint32_t>(pick(3, 200))));
      }
    }
  }

  void change_settings() {
    Video& video = videos_[static_cast<std::size_t>(pick(0, int(videos_.size()) - 1))];
    video.keyframe_owed.reset();
    switch (pick(0, 3)) {
      case 0:
        video.hidden = !video.hidden;
        break;
      case 1:
        video.shown ^= 1;
        break;
      case 2:
        egress_.unsubscribe(video.shape.track);
        receiver_.forget(video.shape.track);
        break;
      default:
        break;
    }
    subscribe(video);
  }

  LinkEstimate link() {
    return {.bytes_per_second = rate_,
            .one_way_delay = milliseconds{20},
            .congested = true,
            .chunk_bytes = static_cast<std::size_t>(pick(1, 3) * 600)};
  }

  void send(int messages) {
    for (; messages > 0; --messages) {
      const bool urgent = egress_.urgent_waiting();
      const auto departure = egress_.next(now_, link(), chance(0.9));
      if (!departure) return;
      if (departure->is_control()) continue;
      // Audio that could still be heard is never behind a video chunk: what waited has expired.
      if (urgent && !departure->is_audio()) {
        EXPECT_FALSE(egress_.urgent_waiting()) << "video went before audio or control";
      }
      EXPECT_LE(departure->payload.size(), departure->is_audio() ? 200u : 1800u);
      if (const auto wrong = receiver_.take(*departure)) {
        ADD_FAILURE() << *wrong << " (track " << static_cast<int>(departure->header.track)
                      << ", frame " << departure->header.frame << ")";
        return;
      }
    }
  }

  void check_bounds() {
    const std::size_t bound =
        videos_.size() * (bounds_.video.bytes_max + std::size_t{200} * 1024 /* one large frame */);
    EXPECT_LE(egress_.video_bytes_waiting(), bound);
  }

  /// With a link that takes everything, each track's newest keyframe must have come whole.
  void drain() {
    for (int message = 0; message < 100'000; ++message) {
      const auto departure = egress_.next(now_, link(), true);
      if (!departure) break;
      if (departure->is_control()) continue;
      if (const auto wrong = receiver_.take(*departure)) ADD_FAILURE() << *wrong;
    }
    EXPECT_FALSE(egress_.video_waiting());
    for (const Video& video : videos_) {
      if (!video.keyframe_owed || video.hidden) continue;
      EXPECT_EQ(receiver_.last_keyframe(video.shape.track), video.keyframe_owed)
          << "the newest keyframe of track " << static_cast<int>(video.shape.track) << " was lost";
    }
  }

  std::mt19937_64 random_;
  FramePool pool_{std::size_t{512} << 20};
  Egress::Bounds bounds_{.video = {.bytes_max = 300 * 1024, .frames_max = 64}};
  Egress egress_{bounds_};
  StrictReceiver receiver_;
  std::map<std::pair<TrackHandle, std::uint8_t>, GroupCache> group_;
  std::vector<Video> videos_;
  int audios_ = 0;
  FrameNumber audio_number_ = 0;
  Time now_{std::chrono::seconds{100}};
  bool link_open_ = true;
  std::optional<double> rate_;
};

TEST(EgressProperty, HandsOutOnlyWhatDecodesAndLosesNoKeyframe) {
  const char* const only = std::getenv("SLUICE_SEED");
  const char* const count = std::getenv("SLUICE_SEEDS");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t seeds = only != nullptr    ? 1
                              : count != nullptr ? std::strtoull(count, nullptr, 10)
                                                 : 300;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("SLUICE_SEED=" + std::to_string(seed));
    RandomMeeting{seed}.run(1500);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::media
