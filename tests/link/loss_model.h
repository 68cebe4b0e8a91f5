#pragma once

#include <cstdint>
#include <random>

namespace sluice::link {

/// Which packets a link loses: at random, or in runs (Gilbert's model of two states).
///
/// The same settings lose the same packets, counted from the first.
class LossModel {
 public:
  struct Settings {
    double share = 0;       ///< of all packets, 0 to below 1
    double mean_burst = 1;  ///< packets lost in a row, on average; 1: each for itself
    std::uint64_t seed = 1;
  };

  explicit LossModel(const Settings& settings);

  /// Whether the next packet is lost.
  [[nodiscard]] bool lose();

 private:
  double enter_ = 0;  ///< probability that a loss follows a packet that came through
  double stay_ = 0;   ///< probability that a loss follows a loss
  std::mt19937_64 random_;
  bool losing_ = false;
};

}  // namespace sluice::link
