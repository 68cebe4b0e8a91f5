#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/shard_metrics.h"

namespace sluice::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;
using Shards = std::vector<std::unique_ptr<ShardMetrics>>;

/// Gathers a page: adds the cells of all shards up, family by family, in the order of the calls.
class MetricFamilies {
 public:
  explicit MetricFamilies(const Shards& shards) : shards_{shards} {}

  /// Opens a family; the samples that follow belong to it.
  void begin(prometheus::MetricType type, std::string name, std::string help);

  /// A sample of a counter or a gauge: the sum over all shards of `cell`, which picks the cell.
  template <class Pick>
  void sum(Labels labels, const Pick& cell) {
    double total = 0;
    for (const auto& shard : shards_) {
      total += static_cast<double>(std::invoke(cell, std::as_const(*shard)).value());
    }
    value(std::move(labels), total);
  }

  /// A sample of a counter or a gauge that no shard counts.
  void value(Labels labels, double value);

  /// A sample of a histogram: the observations of all shards together.
  using PickHistogram = const Histogram& (*)(const ShardMetrics&);
  void histogram(Labels labels, PickHistogram cell);

  /// A sample of a histogram of one shard.
  void histogram(Labels labels, const Histogram& cell);

  [[nodiscard]] std::string text() const;

 private:
  void histogram(Labels labels, const std::vector<const Histogram*>& parts);

  const Shards& shards_;
  std::vector<prometheus::MetricFamily> families_;
};

/// Calls `visit(value, name)` for each value of the label enum `Enum`.
template <class Enum, class Visit>
void for_each_label(const Visit& visit) {
  for (std::size_t index = 0; index < kLabelCount<Enum>; ++index) {
    visit(static_cast<Enum>(index), std::string{LabelValues<Enum>::kNames[index]});
  }
}

}  // namespace sluice::metrics
