#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/sim/clairvoyant.h"
#include "tests/sim/receiver_model.h"

namespace sluice::sim {

/// What one policy did in one scenario: over the seeds, means of sums and quantiles of all ages.
class ScoreCell {
 public:
  void add(const ReceiverModel::Outcome& outcome, const ClairvoyantBound& bound, Duration length);

  /// Utility as a share of the bound's.
  [[nodiscard]] double score() const { return sum_.utility / bound_.utility; }
  [[nodiscard]] std::uint64_t undecodable() const { return sum_.undecodable; }
  /// Every figure, the unit last in its name.
  [[nodiscard]] nlohmann::json json() const;

 private:
  ReceiverModel::Outcome sum_;
  ClairvoyantBound bound_;
  double minutes_ = 0;
  int runs_ = 0;
};

/// The table's two lines of head, and one line for a cell's figures.
[[nodiscard]] std::string table_head();
[[nodiscard]] std::string table_line(const std::string& scenario, const std::string& policy,
                                     const nlohmann::json& cell);

}  // namespace sluice::sim
