#include "metrics/metric_families.h"

#include <prometheus/text_serializer.h>

#include <limits>

namespace sluice::metrics {

void MetricFamilies::begin(prometheus::MetricType type, std::string name, std::string help) {
  families_.push_back(
      {.name = std::move(name), .help = std::move(help), .type = type, .metric = {}});
}

void MetricFamilies::value(Labels labels, double value) {
  prometheus::ClientMetric sample;
  sample.label = std::move(labels);
  // The serializer reads the member that the family's type names.
  sample.counter.value = value;
  sample.gauge.value = value;
  families_.back().metric.push_back(std::move(sample));
}

void MetricFamilies::histogram(Labels labels, PickHistogram cell) {
  std::vector<const Histogram*> parts;
  parts.reserve(shards_.size());
  for (const auto& shard : shards_) parts.push_back(&cell(*shard));
  histogram(std::move(labels), parts);
}

void MetricFamilies::histogram(Labels labels, const Histogram& cell) {
  histogram(std::move(labels), std::vector{&cell});
}

void MetricFamilies::histogram(Labels labels, const std::vector<const Histogram*>& parts) {
  const std::span<const double> bounds = parts.front()->bounds();
  prometheus::ClientMetric sample;
  sample.label = std::move(labels);
  std::uint64_t cumulative = 0;
  for (std::size_t bucket = 0; bucket <= bounds.size(); ++bucket) {
    for (const Histogram* part : parts) cumulative += part->count(bucket);
    const double bound =
        bucket < bounds.size() ? bounds[bucket] : std::numeric_limits<double>::infinity();
    sample.histogram.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bound});
  }
  // The count is taken from the buckets, so that the two agree even while a shard counts on.
  sample.histogram.sample_count = cumulative;
  for (const Histogram* part : parts) sample.histogram.sample_sum += part->sum();
  families_.back().metric.push_back(std::move(sample));
}

std::string MetricFamilies::text() const {
  return prometheus::TextSerializer{}.Serialize(families_);
}

}  // namespace sluice::metrics
