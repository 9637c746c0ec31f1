#pragma once

#include <descent/descent.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "catch.hpp"

/// Reads the reference values in tests/golden/, whose README describes their sources.
namespace golden {

using Json = nlohmann::json;

inline const Json& read(const std::string& name) {
  static std::map<std::string, Json> all;  // kept: a loop over a part of a temporary would read freed memory
  if (const auto known = all.find(name); known != all.end()) return known->second;
  std::ifstream file{std::string{DESCENT_TESTS_DIR} + "/golden/" + name + ".json"};
  if (!file) throw std::runtime_error{"no golden file " + name};
  return all[name] = Json::parse(file);
}

/// Returns a tensor as a matrix [rows, columns]; a list becomes one column.
inline descent::Matrix<double> matrix(const Json& tensor) {
  const auto& shape = tensor.at("shape");
  const descent::Index rows = shape.at(0), cols = shape.size() > 1 ? shape.at(1).get<descent::Index>() : 1;
  descent::Matrix<double> m(rows, cols);
  for (descent::Index i = 0; i < rows; ++i)
    for (descent::Index j = 0; j < cols; ++j)
      m(i, j) = tensor.at("data").at(static_cast<std::size_t>(i * cols + j));
  return m;
}

/// Returns a batch [features, samples]; the files have samples in rows.
inline descent::Matrix<double> batch(const Json& tensor) { return matrix(tensor).transpose(); }

/// The shape of the samples of a tensor [samples, channels, height, width].
inline descent::Shape image_shape(const Json& tensor) {
  const auto& shape = tensor.at("shape");
  return {shape.at(1), shape.at(2), shape.at(3)};
}
/// Returns a tensor [samples, channels, height, width] as a batch, in which the channels vary fastest.
inline descent::Matrix<double> images(const Json& tensor) {
  const descent::Shape shape = image_shape(tensor);
  descent::Matrix<double> x(shape.size(), tensor.at("shape").at(0).get<descent::Index>());
  for (descent::Index i = 0; i < x.size(); ++i) {
    const descent::Index row = i % x.rows(), channel = row / shape.positions(),
                         position = row % shape.positions();
    x(position * shape.channels + channel, i / x.rows()) = tensor.at("data").at(static_cast<std::size_t>(i));
  }
  return x;
}

/// Returns a list of class indices as a row of targets.
inline descent::Matrix<double> labels(const Json& list) {
  descent::Matrix<double> row(1, static_cast<descent::Index>(list.size()));
  for (descent::Index j = 0; j < row.cols(); ++j) row(0, j) = list.at(static_cast<std::size_t>(j));
  return row;
}

/// Tolerance for one evaluation in double, which covers rounding alone.
constexpr double one_step = 1e-12;
/// Tolerance for fifty steps, over which rounding errors accumulate.
constexpr double fifty_steps = 1e-9;

/// Requires |actual - expected| <= tolerance * (|expected| + floor) for each entry. The floor allows for cancellation
/// within a function, such as in 1 - y^2.
inline void require_close(const descent::Matrix<double>& actual, const descent::Matrix<double>& expected,
                          double tolerance, double floor = 1e-3) {
  REQUIRE(actual.rows() == expected.rows());
  REQUIRE(actual.cols() == expected.cols());
  CAPTURE(actual, expected);
  // Not by the largest difference: Eigen's maximum ignores NaN.
  REQUIRE(((actual - expected).array().abs() <= tolerance * (expected.array().abs() + floor)).all());
}

}  // namespace golden
