#include "tests/sim/clairvoyant.h"

#include <algorithm>
#include <array>
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
  /// `bytes_factor`: bytes of the link for one of the stream; `early_audio`: sound may be sent
  /// before it was captured, rather than come late.
  Search(const MeetingSettings& settings, const Capacity& capacity, double bytes_factor,
         bool early_audio)
      : settings_(settings),
        capacity_(capacity),
        bytes_factor_(bytes_factor),
        early_audio_(early_audio),
        end_(Time{} + settings.length - settings.link.round_trip / 2),
        cameras_(PublisherModel::cameras(settings.publisher)),
        microphone_(PublisherModel::microphone(settings.publisher)),
        encodings_(static_cast<std::size_t>(settings.publisher.encodings)),
        fronts_((std::size_t{1} << encodings_) * (encodings_ + 1)) {
    invariant(settings.budgets.audio <= settings.budgets.video, "sound is the less patient");
    fronts_[0].add({});
  }

  ClairvoyantBound run() {
    const Time end = Time{} + settings_.length;
    const Duration ahead =
        early_audio_ ? settings_.budgets.video - settings_.budgets.audio : Duration::zero();
    std::uint32_t packets = 0, pictures = 0;
    while (microphone_.next() < end || CameraModel::captured(pictures) < end) {
      const Time picture = CameraModel::captured(pictures);
      const bool sound =
          microphone_.next() < end && (picture >= end || microphone_.next() - ahead <= picture);
      if (sound) {
        add_packet(packets++, ahead);
        microphone_.advance();
      } else {
        pass(picture);
        add_picture(pictures++);
      }
    }
    Booking best;
    for (const BookingFront& front : fronts_) {
      for (const Booking& booking : front.bookings()) {
        if (booking.worth > best.worth) best = booking;
      }
    }
    return {.utility = best.worth,
            .audio_on_time = static_cast<double>(best.audio) / std::max(packets, 1U),
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

  /// The last byte that a frame captured then may use.
  double due(Time captured, Duration budget) {
    const Time until = std::min(captured + budget - settings_.link.round_trip / 2, end_);
    return until <= captured ? -1 : carried(captured) + capacity_.bytes_between(captured, until);
  }

  void pass(Time now) {
    const double byte = carried(now);
    for (BookingFront& front : fronts_) front.pass(byte);
  }

  void add_packet(std::uint32_t number, Duration ahead) {
    const Time captured = microphone_.next();
    const auto packet = PublisherModel::describe_packet(settings_.publisher, number, captured);
    const double bytes = message_bytes(packet) * bytes_factor_;
    const double alone = due(captured, settings_.budgets.audio);
    if (carried(captured) + bytes > alone) return;
    const double until = early_audio_ ? alone : due(captured, settings_.budgets.video);
    const double worth = ReceiverModel::worth(media::MediaKind::kAudio, packet, 1);
    pass(captured - ahead);
    for (BookingFront& front : fronts_) {
      const std::size_t before = front.bookings().size();
      for (std::size_t index = 0; index < before; ++index) {
        Booking booking = front.bookings()[index];
        booking.booked += bytes;
        if (booking.booked > until) break;
        booking.worth += worth;
        ++booking.audio;
        front.add(booking);
      }
      front.settle();
    }
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
    due_ = due(CameraModel::captured(index), settings_.budgets.video);
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
      if (shown && booking.booked > due_) break;
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
  bool early_audio_;
  Time end_;
  std::vector<CameraModel> cameras_;
  MicrophoneModel microphone_;
  std::size_t encodings_;
  std::vector<BookingFront> fronts_;  ///< by state
  Time carried_until_{};
  double carried_ = 0;
  // Of the picture that is being added.
  std::vector<media::FrameDescription> frames_, keyframes_;
  bool must_be_keyframe_ = false;
  double due_ = 0;
};

ClairvoyantBound lower(const ClairvoyantBound& left, const ClairvoyantBound& right) {
  return left.utility <= right.utility ? left : right;
}

ClairvoyantBound bound_on(const MeetingSettings& settings, const Capacity& capacity,
                          double bytes_factor) {
  return lower(Search{settings, capacity, bytes_factor, false}.run(),
               Search{settings, capacity, bytes_factor, true}.run());
}

}  // namespace

ClairvoyantBound clairvoyant_bound(const MeetingSettings& settings) {
  // TCP and IP headers of full segments (tcp_link.cpp).
  constexpr double kSegmentOverhead = 1500.0 / 1448;
  const ClairvoyantBound link = bound_on(settings, settings.link.capacity, kSegmentOverhead);
  if (settings.link.read_bits_per_second <= 0) return link;
  return lower(link, bound_on(settings, Capacity::constant(settings.link.read_bits_per_second), 1));
}

}  // namespace sluice::sim
