#include "tests/sim/clairvoyant.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "media/chunk_header.h"
#include "tests/sim/booking_front.h"
#include "tests/sim/receiver_model.h"

namespace sluice::sim {
namespace {

/// A whole frame at its cheapest: one message.
double message_bytes(const media::FrameDescription& description) {
  constexpr double kFraming = 4;
  const media::ChunkHeader header{.track = description.track,
                                  .encoding = description.encoding,
                                  .temporal_layer = description.temporal_layer,
                                  .frame = description.number,
                                  .last = true,
                                  .keyframe = description.keyframe,
                                  .discardable = description.discardable,
                                  .description = description};
  return kFraming + static_cast<double>(media::chunk_header_size(header)) + description.length;
}

/// The best schedule on one link (or by one reader), by dynamic programming over the frames.
class Search {
 public:
  /// `bytes_factor`: bytes of the link for one of the stream.
  Search(const MeetingSettings& settings, const Capacity& capacity, double bytes_factor)
      : settings_(settings),
        capacity_(capacity),
        bytes_factor_(bytes_factor),
        end_(Time{} + settings.length - settings.link.round_trip / 2),
        cameras_(PublisherModel::cameras(settings.publisher)),
        encodings_(static_cast<std::size_t>(settings.publisher.encodings)),
        fronts_((std::size_t{1} << encodings_) * (encodings_ + 1)) {
    fronts_[0].add({});
  }

  ClairvoyantBound run() {
    const std::uint32_t packets = place_audio();
    const Time end = Time{} + settings_.length;
    std::uint32_t pictures = 0;
    for (; CameraModel::captured(pictures) < end; ++pictures) {
      pass(CameraModel::captured(pictures));
      add_picture(pictures);
    }
    Booking best;
    for (const BookingFront& front : fronts_) {
      for (const Booking& booking : front.bookings()) {
        if (booking.worth > best.worth) best = booking;
      }
    }
    return {.utility = audio_worth_ + best.worth,
            .audio_on_time = static_cast<double>(audio_.size()) / std::max(packets, 1U),
            .video_on_time = static_cast<double>(best.pictures) / std::max(pictures, 1U)};
  }

 private:
  /// Which encodings can be continued (those whose last base frame came), as bits, and whose middle
  /// frame of this pattern came (0: none's).
  struct State {
    std::size_t alive = 0;
    std::size_t middle = 0;
  };
  [[nodiscard]] std::size_t index_of(State state) const {
    return state.alive * (encodings_ + 1) + state.middle;
  }
  [[nodiscard]] State state_of(std::size_t index) const {
    return {.alive = index / (encodings_ + 1), .middle = index % (encodings_ + 1)};
  }

  /// How much the link has carried by `time`.
  double carried(Time time) {
    const Time until = std::clamp(time, Time{}, end_);
    // Asked for in nearly rising order; from the start each time would be slow.
    if (until < carried_until_) return capacity_.bytes_between(Time{}, until);
    carried_ += capacity_.bytes_between(carried_until_, until);
    carried_until_ = until;
    return carried_;
  }

  /// Takes all sound that can come in time without any video; returns how much there was.
  std::uint32_t place_audio() {
    MicrophoneModel microphone = PublisherModel::microphone(settings_.publisher);
    std::uint32_t packets = 0;
    double booked = 0;
    for (; microphone.next() < Time{} + settings_.length; microphone.advance()) {
      const Time captured = microphone.next();
      const auto packet = PublisherModel::describe_packet(settings_.publisher, packets++, captured);
      const double bytes = message_bytes(packet) * bytes_factor_;
      const Time due = due_time(captured, settings_.budgets.audio);
      const double from = std::max(booked, capacity_.bytes_between(Time{}, captured));
      if (due <= captured || from + bytes > capacity_.bytes_between(Time{}, due)) continue;
      booked = from + bytes;
      audio_worth_ += ReceiverModel::worth(media::MediaKind::kAudio, packet, 1);
      audio_.push_back({.captured = captured, .due = due});
      audio_bytes_ = bytes;
    }
    return packets;
  }

  [[nodiscard]] Time due_time(Time captured, Duration budget) const {
    return std::min(captured + budget - settings_.link.round_trip / 2, end_);
  }

  /// What the link has carried by `now` beyond the sound that was there by then: if nothing was
  /// waiting, so much has passed unused.
  double unused(Time now) {
    while (audio_captured_ < audio_.size() && audio_[audio_captured_].captured <= now) {
      ++audio_captured_;
    }
    return carried(now) - static_cast<double>(audio_captured_) * audio_bytes_;
  }

  /// What the link can have carried by `due` beyond the sound that must have come by then.
  double usable(Time captured, Time due) {
    if (due <= captured) return -std::numeric_limits<double>::infinity();
    while (audio_due_ < audio_.size() && audio_[audio_due_].due <= due) ++audio_due_;
    return carried(captured) + capacity_.bytes_between(captured, due) -
           static_cast<double>(audio_due_) * audio_bytes_;
  }

  void pass(Time now) {
    const double byte = unused(now);
    for (BookingFront& front : fronts_) front.pass(byte);
  }

  void add_picture(std::uint32_t index) {
    std::vector<BookingFront> next(fronts_.size());
    frames_.clear();
    keyframes_.clear();
    const bool base = CameraModel::layer(index) == 0;
    for (CameraModel& camera : cameras_) {
      frames_.push_back(camera.describe(index, false));
      if (base) keyframes_.push_back(camera.describe(index, true));
    }
    must_be_keyframe_ = base && cameras_.front().keyframe_due(index);
    const Time captured = CameraModel::captured(index);
    usable_ = usable(captured, due_time(captured, settings_.budgets.video));
    for (std::size_t at = 0; at < fronts_.size(); ++at) {
      if (fronts_[at].bookings().empty()) continue;
      const State state = state_of(at);
      if (base) {
        add_bases(state, State{}, 0, {}, fronts_[at], next);
      } else {
        add_upper(index, state, fronts_[at], next);
      }
    }
    for (BookingFront& front : next) front.settle();
    fronts_ = std::move(next);
  }

  /// Sends a frame in every schedule that can: in time for its worth, or whenever for nothing.
  void send(const BookingFront& from, const media::FrameDescription& frame, bool shown,
            double more_bytes, BookingFront& to) {
    const double bytes = message_bytes(frame) * bytes_factor_;
    const double worth =
        shown ? ReceiverModel::worth(media::MediaKind::kVideo, frame, settings_.publisher.encodings)
              : 0;
    for (Booking booking : from.bookings()) {
      booking.booked += bytes;
      if (shown && booking.booked > usable_) break;
      booking.booked += more_bytes;
      booking.worth += worth;
      if (shown) ++booking.pictures;
      to.add(booking);
    }
  }

  /// All choices for the base frames of one picture, encoding by encoding: none, as it is, or as a
  /// keyframe; one of them shown, which then goes first.
  void add_bases(State before, State after, std::size_t encoding,
                 std::optional<media::FrameDescription> shown, const BookingFront& from,
                 std::vector<BookingFront>& next, double unshown_bytes = 0) {
    if (encoding == encodings_) {
      BookingFront& to = next[index_of(after)];
      if (shown) {
        send(from, *shown, true, unshown_bytes, to);
      } else {
        for (Booking booking : from.bookings()) {
          booking.booked += unshown_bytes;
          to.add(booking);
        }
      }
      return;
    }
    const std::size_t bit = std::size_t{1} << encoding;
    add_bases(before, after, encoding + 1, shown, from, next, unshown_bytes);
    after.alive |= bit;
    const auto with = [&](const media::FrameDescription& frame) {
      add_bases(before, after, encoding + 1, shown, from, next,
                unshown_bytes + message_bytes(frame) * bytes_factor_);
      if (!shown) add_bases(before, after, encoding + 1, frame, from, next, unshown_bytes);
    };
    if ((before.alive & bit) != 0 && !must_be_keyframe_) with(frames_[encoding]);
    with(keyframes_[encoding]);
  }

  void add_upper(std::uint32_t index, State state, const BookingFront& from,
                 std::vector<BookingFront>& next) {
    const bool middle = CameraModel::layer(index) == 1;
    const bool after_middle = index % CameraModel::kPattern == 3;
    for (const Booking& booking : from.bookings()) next[index_of(state)].add(booking);
    for (std::size_t encoding = 0; encoding < encodings_; ++encoding) {
      const bool can =
          after_middle ? state.middle == encoding + 1 : (state.alive >> encoding & 1) != 0;
      if (!can) continue;
      State then = state;
      if (middle) then.middle = encoding + 1;
      send(from, frames_[encoding], true, 0, next[index_of(then)]);
      // Late, so that the next frame can be shown.
      if (middle) send(from, frames_[encoding], false, 0, next[index_of(then)]);
    }
  }

  const MeetingSettings& settings_;
  const Capacity& capacity_;
  double bytes_factor_;
  Time end_;
  std::vector<CameraModel> cameras_;
  std::size_t encodings_;
  std::vector<BookingFront> fronts_;  ///< by state
  struct Packet {
    Time captured, due;
  };
  std::vector<Packet> audio_;  ///< that comes in time
  double audio_bytes_ = 0;     ///< of each
  double audio_worth_ = 0;
  std::size_t audio_captured_ = 0, audio_due_ = 0;
  Time carried_until_{};
  double carried_ = 0;
  // Of the picture that is being added.
  std::vector<media::FrameDescription> frames_, keyframes_;
  bool must_be_keyframe_ = false;
  double usable_ = 0;
};

}  // namespace

ClairvoyantBound clairvoyant_bound(const MeetingSettings& settings) {
  // TCP and IP headers of full segments (tcp_link.cpp).
  constexpr double kSegmentOverhead = 1500.0 / 1448;
  const ClairvoyantBound link = Search{settings, settings.link.capacity, kSegmentOverhead}.run();
  if (settings.link.read_bits_per_second <= 0) return link;
  const Capacity reader = Capacity::constant(settings.link.read_bits_per_second);
  const ClairvoyantBound read = Search{settings, reader, 1}.run();
  return read.utility < link.utility ? read : link;
}

}  // namespace sluice::sim
