#include "signaling/id_generator.h"

#include <string_view>
#include <utility>

namespace sluice::signaling {

IdGenerator::IdGenerator(RandomSource random) : random_(std::move(random)) {}

ParticipantId IdGenerator::participant() { return {make("PA_")}; }
TrackId IdGenerator::track() { return {make("TR_")}; }
std::string IdGenerator::identity() { return make("guest-"); }
std::string IdGenerator::lane_key() {
  const std::string half = make("LK_");
  return half + make("");
}

std::string IdGenerator::make(const char* prefix) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr int kCharacters = 12;
  constexpr unsigned kBitsEach = 5;  // 32 characters
  std::string name = prefix;
  std::uint64_t bits = random_();
  for (int i = 0; i < kCharacters; ++i, bits >>= kBitsEach) name += kAlphabet[bits & 31U];
  return name;
}

}  // namespace sluice::signaling
