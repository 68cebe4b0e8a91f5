#include "tests/sim/integer_program.h"

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>

#include <limits>
#include <memory>
#include <string>

#include "media/invariant.h"

namespace sluice::sim {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Both of C's model types are void: each needs a type of its own to be deleted.
struct DeleteCbc {
  void operator()(Cbc_Model* model) const { Cbc_deleteModel(model); }
};
struct DeleteClp {
  void operator()(Clp_Simplex* model) const { Clp_deleteModel(model); }
};

}  // namespace

/// The program by columns, as the solvers take it; they minimise.
struct IntegerProgram::Matrix {
  std::vector<int> starts, indices;
  std::vector<double> elements;
  std::vector<double> lower, upper, cost;
  std::vector<double> row_lower, row_upper;
};

IntegerProgram::Column IntegerProgram::add_column(Variable column) {
  columns_.push_back(column);
  return static_cast<Column>(columns_.size()) - 1;
}

void IntegerProgram::add_row(std::vector<Term> terms, double lower, double upper) {
  rows_.push_back({.terms = std::move(terms), .lower = lower, .upper = upper});
}

void IntegerProgram::add_row_at_most(std::vector<Term> terms, double upper) {
  add_row(std::move(terms), -kInfinity, upper);
}

IntegerProgram::Matrix IntegerProgram::matrix() const {
  Matrix matrix;
  matrix.starts.resize(columns_.size() + 1);
  for (const Row& row : rows_) {
    for (const Term& term : row.terms) ++matrix.starts[static_cast<std::size_t>(term.column) + 1];
  }
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    matrix.starts[column + 1] += matrix.starts[column];
  }
  std::vector<int> filled(matrix.starts.begin(), matrix.starts.end() - 1);
  matrix.indices.resize(static_cast<std::size_t>(matrix.starts.back()));
  matrix.elements.resize(matrix.indices.size());
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (const Term& term : rows_[row].terms) {
      const auto at = static_cast<std::size_t>(filled[static_cast<std::size_t>(term.column)]++);
      matrix.indices[at] = static_cast<int>(row);
      matrix.elements[at] = term.coefficient;
    }
    matrix.row_lower.push_back(rows_[row].lower);
    matrix.row_upper.push_back(rows_[row].upper);
  }
  for (const Variable& column : columns_) {
    matrix.lower.push_back(column.lower);
    matrix.upper.push_back(column.upper);
    matrix.cost.push_back(-column.value);
  }
  return matrix;
}

IntegerProgram::Solution IntegerProgram::solve_relaxed() const {
  const Matrix all = matrix();
  const std::unique_ptr<Clp_Simplex, DeleteClp> model{Clp_newModel()};
  Clp_setLogLevel(model.get(), 0);
  Clp_loadProblem(model.get(), static_cast<int>(columns_.size()), static_cast<int>(rows_.size()),
                  all.starts.data(), all.indices.data(), all.elements.data(), all.lower.data(),
                  all.upper.data(), all.cost.data(), all.row_lower.data(), all.row_upper.data());
  Clp_initialSolve(model.get());
  invariant(Clp_status(model.get()) == 0, "a relaxed program has an optimum");
  const double* values = Clp_primalColumnSolution(model.get());
  const double optimum = -Clp_objectiveValue(model.get());
  return {.bound = optimum, .value = optimum, .values{values, values + columns_.size()}};
}

IntegerProgram::Solution IntegerProgram::solve(const Limits& limits) const {
  const Matrix all = matrix();
  const std::unique_ptr<Cbc_Model, DeleteCbc> model{Cbc_newModel()};
  Cbc_loadProblem(model.get(), static_cast<int>(columns_.size()), static_cast<int>(rows_.size()),
                  all.starts.data(), all.indices.data(), all.elements.data(), all.lower.data(),
                  all.upper.data(), all.cost.data(), all.row_lower.data(), all.row_upper.data());
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    if (columns_[column].integer) Cbc_setInteger(model.get(), static_cast<int>(column));
  }
  Cbc_setParameter(model.get(), "log", "0");
  Cbc_setParameter(model.get(), "ratioGap", std::to_string(limits.relative_gap).c_str());
  Cbc_setParameter(model.get(), "sec", std::to_string(limits.seconds).c_str());
  Cbc_solve(model.get());

  Solution solution;
  solution.bound = -Cbc_getBestPossibleObjValue(model.get());
  if (const double* best = Cbc_bestSolution(model.get()); best != nullptr) {
    solution.values.assign(best, best + columns_.size());
    solution.value = -Cbc_getObjValue(model.get());
  }
  return solution;
}

}  // namespace sluice::sim
