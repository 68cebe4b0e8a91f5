#pragma once

#include <vector>

#include "tests/sim/capacity.h"
#include "tests/sim/integer_program.h"

namespace sluice::sim {

/// The rows of a program that say: what is chosen fits the link.
///
/// Time is cut into slots. Jobs come in flows; in a flow later releases have later deadlines, so
/// the oldest goes first without loss, and it is enough to say for each slot how much of the flow
/// is served and how much waits: nothing waits beyond its deadline. Deadlines and releases are
/// rounded outward to slots, in favour of the bound.
class SlotSchedule {
 public:
  /// `points`: the borders of the slots, rising; bytes of `capacity` between them are what fits,
  /// `limit` bits/s at most.
  SlotSchedule(IntegerProgram& program, std::vector<Time> points, const Capacity& capacity);

  struct Job {
    IntegerProgram::Column column = 0;  ///< 1: done whole
    double bytes = 0;
    Time release{};
    Time deadline{};
  };
  /// Jobs by release; `points` are some of the borders, for a flow that may be rounded more.
  void add_flow(const std::vector<Job>& jobs, const std::vector<Time>& points);
  void add_flow(const std::vector<Job>& jobs) { add_flow(jobs, points_); }
  /// Adds the rows for the link, after all flows.
  void limit();

 private:
  struct Service {
    std::size_t from = 0, to = 0;  ///< indices of points_
    IntegerProgram::Column column = 0;
  };

  IntegerProgram& program_;
  std::vector<Time> points_;
  const Capacity& capacity_;
  std::vector<Service> services_;
};

}  // namespace sluice::sim
