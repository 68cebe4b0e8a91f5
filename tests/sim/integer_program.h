#pragma once

#include <vector>

namespace sluice::sim {

/// A mixed-integer program: columns between bounds, rows between bounds, the objective maximised.
///
/// Solved by COIN CBC, whose proven bound holds whether or not it found the optimum in time.
class IntegerProgram {
 public:
  using Column = int;  ///< names a variable
  struct Term {
    Column column = 0;
    double coefficient = 0;
  };
  struct Variable {
    double value = 0;  ///< in the objective
    double lower = 0;
    double upper = 1;
    bool integer = false;
  };
  struct Limits {
    double relative_gap = 0.002;
    double seconds = 30;  ///< of processor time
  };
  struct Solution {
    double bound = 0;            ///< no solution is worth more
    double value = 0;            ///< of the best solution found; 0 without one
    std::vector<double> values;  ///< of its columns; empty without one
  };

  Column add_column(Variable column);
  /// lower <= sum of the terms <= upper; terms of value 0 are allowed.
  void add_row(std::vector<Term> terms, double lower, double upper);
  /// sum of the terms <= upper.
  void add_row_at_most(std::vector<Term> terms, double upper);

  [[nodiscard]] std::size_t columns() const { return columns_.size(); }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] Solution solve(const Limits& limits) const;
  /// The optimum if every column may be a fraction: a somewhat higher bound, much sooner.
  [[nodiscard]] Solution solve_relaxed() const;

 private:
  struct Matrix;
  struct Row {
    std::vector<Term> terms;
    double lower = 0;
    double upper = 0;
  };
  [[nodiscard]] Matrix matrix() const;

  std::vector<Variable> columns_;
  std::vector<Row> rows_;
};

}  // namespace sluice::sim
