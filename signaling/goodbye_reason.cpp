#include "signaling/goodbye_reason.h"

#include "signaling/wire_words.h"

namespace sluice::signaling {

namespace {

constexpr std::array<std::string_view, kGoodbyeReasons.size()> kWords{
    "left",  "duplicate_identity", "removed", "room_closed", "server_shutdown", "connection_lost",
    "error", "too_slow",
};

}  // namespace

std::string_view to_string(GoodbyeReason reason) { return word_of(kWords, reason); }

std::optional<GoodbyeReason> goodbye_reason_from_string(std::string_view text) {
  return value_of<GoodbyeReason>(kWords, text);
}

}  // namespace sluice::signaling
