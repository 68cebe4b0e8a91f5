#include "tests/sim/slot_schedule.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace sluice::sim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kKilo = 1000;  // numbers near 1 are kinder to the solver than bytes

}  // namespace

SlotSchedule::SlotSchedule(IntegerProgram& program, std::vector<Time> points,
                           const Capacity& capacity)
    : program_(program), points_(std::move(points)), capacity_(capacity) {}

void SlotSchedule::add_flow(const std::vector<Job>& jobs, const std::vector<Time>& points) {
  using Term = IntegerProgram::Term;
  struct Slots {
    std::size_t first, end;
    Term term;
  };
  std::vector<Slots> all;
  for (const Job& job : jobs) {
    const auto first = std::ranges::upper_bound(points, job.release) - points.begin() - 1;
    const auto end = std::ranges::lower_bound(points, job.deadline) - points.begin();
    all.push_back({.first = static_cast<std::size_t>(first),
                   .end = std::min(static_cast<std::size_t>(end), points.size() - 1),
                   .term = {.column = job.column, .coefficient = job.bytes / kKilo}});
  }
  auto released = all.begin();
  auto expired = all.begin();
  IntegerProgram::Column waited = -1;
  for (std::size_t slot = 0; slot + 1 < points.size(); ++slot) {
    std::vector<Term> balance;
    if (waited >= 0) balance.push_back({.column = waited, .coefficient = -1});
    for (; released != all.end() && released->first <= slot; ++released) {
      balance.push_back({released->term.column, -released->term.coefficient});
    }
    if (balance.empty()) continue;
    const double fits = capacity_.bytes_between(points[slot], points[slot + 1]) / kKilo;
    const auto served = program_.add_column({.upper = fits});
    const auto from = std::ranges::lower_bound(points_, points[slot]) - points_.begin();
    const auto to = std::ranges::lower_bound(points_, points[slot + 1]) - points_.begin();
    services_.push_back({static_cast<std::size_t>(from), static_cast<std::size_t>(to), served});
    balance.push_back({.column = served, .coefficient = 1});
    bool expires = false;
    for (; expired != released && expired->end <= slot + 1; ++expired) expires = true;
    if (expired == released) {
      // All that was released must be done by now.
      program_.add_row(std::move(balance), 0, 0);
      waited = -1;
      continue;
    }
    const auto waits = program_.add_column({.upper = kInfinity});
    balance.push_back({.column = waits, .coefficient = 1});
    program_.add_row(std::move(balance), 0, 0);
    if (expires) {
      std::vector<Term> alive{{.column = waits, .coefficient = 1}};
      for (auto job = expired; job != released; ++job) {
        alive.push_back({job->term.column, -job->term.coefficient});
      }
      program_.add_row_at_most(std::move(alive), 0);
    }
    waited = waits;
  }
}

void SlotSchedule::limit() {
  // A service over several slots competes with all that is served within them.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<IntegerProgram::Term>> spans;
  for (const Service& service : services_) spans[{service.from, service.to}];
  for (auto& [span, terms] : spans) {
    for (const Service& service : services_) {
      if (service.from >= span.first && service.to <= span.second) {
        terms.push_back({.column = service.column, .coefficient = 1});
      }
    }
    const double fits = capacity_.bytes_between(points_[span.first], points_[span.second]) / kKilo;
    program_.add_row_at_most(terms, fits);
  }
}

}  // namespace sluice::sim
