#include "client/sound_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

namespace sluice::client {
namespace {

constexpr double kSampleRate = 48'000;
constexpr double kTurn = 2 * std::numbers::pi;

std::uint32_t seed_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;  // FNV-1a, the same on every machine
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::int16_t to_sample(double value) {
  return static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0, 1.0) * 32767.0));
}

class Sine final : public SoundSource {
 public:
  explicit Sine(double hertz) : step_{kTurn * hertz / kSampleRate} {}
  void read(std::span<std::int16_t> samples) override {
    constexpr double kAmplitude = 0.1;
    for (std::int16_t& sample : samples) {
      sample = to_sample(kAmplitude * std::sin(phase_));
      phase_ = std::fmod(phase_ + step_, kTurn);
    }
  }

 private:
  double step_;
  double phase_ = 0;
};

class Melody final : public SoundSource {
 public:
  explicit Melody(std::string_view name)
      : random_{seed_of(name)}, key_hertz_{196.0 * std::exp2(seed_of(name) % 7 / 12.0)} {}

  void read(std::span<std::int16_t> samples) override {
    for (std::int16_t& sample : samples) sample = next();
  }

 private:
  static constexpr int kNoteSamples = 24'000;  // half a second

  std::int16_t next() {
    if (position_ == 0) choose_note();
    const double seconds = position_ / kSampleRate;
    // A quick rise without a click, then a fall like that of a struck bar.
    const double envelope = std::min(1.0, seconds / 0.02) * std::exp(-4.0 * seconds);
    const double tone = std::sin(phase_) + 0.25 * std::sin(2 * phase_) + 0.1 * std::sin(3 * phase_);
    phase_ = std::fmod(phase_ + kTurn * hertz_ / kSampleRate, kTurn);
    position_ = (position_ + 1) % kNoteSamples;
    // The last milliseconds fade, so that the next note begins from silence.
    const double fade = position_ == 0 ? 0.0 : std::min(1.0, (kNoteSamples - position_) / 480.0);
    return to_sample(0.09 * envelope * fade * tone * (resting_ ? 0.0 : 1.0));
  }

  void choose_note() {
    constexpr std::array kPentatonic{0, 2, 4, 7, 9};
    const int semitones = kPentatonic[std::uniform_int_distribution<std::size_t>{0, 4}(random_)];
    hertz_ = key_hertz_ * std::exp2(semitones / 12.0);
    resting_ = std::uniform_int_distribution{0, 3}(random_) == 0;
    phase_ = 0;
  }

  std::mt19937 random_;
  double key_hertz_;
  double hertz_ = 0;
  double phase_ = 0;
  int position_ = 0;
  bool resting_ = false;
};

/// A resonance of the mouth: a two-pole filter.
class Formant {
 public:
  void tune(double hertz, double bandwidth) {
    const double radius = std::exp(-std::numbers::pi * bandwidth / kSampleRate);
    first_ = 2 * radius * std::cos(kTurn * hertz / kSampleRate);
    second_ = -radius * radius;
    // About as loud at its peak whatever the pitch.
    gain_ = (1 - radius) *
            std::sqrt(1 - 2 * radius * std::cos(2 * kTurn * hertz / kSampleRate) + radius * radius);
  }
  double run(double input) {
    const double output = gain_ * input + first_ * before_ + second_ * before_that_;
    before_that_ = std::exchange(before_, output);
    return output;
  }

 private:
  double first_ = 0, second_ = 0, gain_ = 0;
  double before_ = 0, before_that_ = 0;
};

class Murmur final : public SoundSource {
 public:
  explicit Murmur(std::string_view name)
      : random_{seed_of(name)}, voice_hertz_{95.0 + seed_of(name) % 110} {}

  void read(std::span<std::int16_t> samples) override {
    for (std::int16_t& sample : samples) sample = next();
  }

 private:
  struct Vowel {
    double first_hertz, second_hertz;
  };
  // First two formants of a, e, i, o, u (Peterson and Barney 1952, rounded).
  static constexpr std::array<Vowel, 5> kVowels{
      {{730, 1090}, {530, 1840}, {270, 2290}, {570, 840}, {300, 870}}};

  std::int16_t next() {
    if (left_ == 0) choose_syllable();
    const double part = 1.0 - static_cast<double>(left_--) / length_;
    const double envelope = silent_ ? 0.0 : std::pow(std::sin(std::numbers::pi * part), 0.7);
    const double pitch = voice_hertz_ * melody_ * (1.08 - 0.16 * part);
    glottis_ = std::fmod(glottis_ + pitch / kSampleRate, 1.0);
    // A falling ramp, rounded: about the spectrum of vocal folds.
    const double pulse = 1 - 2 * glottis_;
    soft_ += 0.25 * (pulse - soft_);
    const double mouth = first_.run(soft_) + 0.6 * second_.run(soft_) + 0.02 * soft_;
    return to_sample(kLoudness * envelope * mouth);
  }

  void choose_syllable() {
    const auto between = [&](double low, double high) {
      return std::uniform_real_distribution{low, high}(random_);
    };
    if (syllables_left_ == 0) {
      silent_ = true;
      length_ = left_ = static_cast<int>(kSampleRate * between(0.5, 1.8));
      syllables_left_ = std::uniform_int_distribution{4, 14}(random_);
      return;
    }
    --syllables_left_;
    silent_ = false;
    length_ = left_ = static_cast<int>(kSampleRate * between(0.11, 0.26));
    const Vowel& vowel = kVowels[std::uniform_int_distribution<std::size_t>{0, 4}(random_)];
    first_.tune(vowel.first_hertz, 90);
    second_.tune(vowel.second_hertz, 120);
    melody_ = between(0.92, 1.12);
  }

  // Brings the loudest syllables to about 20 dB under full scale, measured.
  static constexpr double kLoudness = 0.28;

  std::mt19937 random_;
  double voice_hertz_;
  double melody_ = 1;
  double glottis_ = 0;
  double soft_ = 0;
  Formant first_;
  Formant second_;
  int left_ = 0;
  int length_ = 1;
  int syllables_left_ = 8;
  bool silent_ = false;
};

class Loop final : public SoundSource {
 public:
  explicit Loop(std::vector<std::int16_t> samples) : samples_{std::move(samples)} {}
  void read(std::span<std::int16_t> samples) override {
    for (std::int16_t& sample : samples) {
      sample = samples_[at_];
      at_ = (at_ + 1) % samples_.size();
    }
  }

 private:
  std::vector<std::int16_t> samples_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<SoundSource> make_sine(double hertz) { return std::make_unique<Sine>(hertz); }
std::unique_ptr<SoundSource> make_melody(std::string_view name) {
  return std::make_unique<Melody>(name);
}
std::unique_ptr<SoundSource> make_murmur(std::string_view name) {
  return std::make_unique<Murmur>(name);
}
std::unique_ptr<SoundSource> make_loop(std::vector<std::int16_t> samples) {
  return std::make_unique<Loop>(std::move(samples));
}

}  // namespace sluice::client
