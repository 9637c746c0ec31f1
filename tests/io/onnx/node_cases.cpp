// Runs the node cases of ONNX's own backend test, written by make_node_cases.py, and counts the results:
//
//   onnx_node_cases FOLDER LEAST [--list]
//
// Fails if a case gives a wrong output, or if fewer than LEAST match. --list prints every case.

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <string>
#include <vector>

#include "descent/inference/predict.hpp"
#include "descent/io/onnx/load.hpp"

using namespace descent;

namespace {

/// The dimensions of a value in ONNX; the first is the batch.
struct Dims {
  std::vector<Index> sizes;

  bool empty() const { return sizes.empty(); }
  Index size() const {
    Index product = 1;
    for (const Index each : sizes) product *= each;
    return product;
  }
  /// The shape of a sample, with the channels first or last.
  Shape shape(bool channels_last) const {
    if (sizes.size() == 4)
      return channels_last ? Shape{sizes[3], sizes[1], sizes[2]} : Shape{sizes[1], sizes[2], sizes[3]};
    if (sizes.size() == 3) return channels_last ? Shape{sizes[2], 1, sizes[1]} : Shape{sizes[1], 1, sizes[2]};
    return {size() / sizes[0]};
  }
  friend std::istream& operator>>(std::istream& in, Dims& dims) {
    std::size_t rank = 0;
    in >> rank;
    dims.sizes.assign(rank, 0);
    for (Index& each : dims.sizes) in >> each;
    return in;
  }
};

struct Case {
  std::string name;
  double relative = 0, absolute = 0;
  Dims x, y;
};

/// Reads values in the layout of a Batch: each sample is a column in which the channels vary fastest. In the file the
/// last axis does.
Matrix<> values_in(const std::filesystem::path& path, const Dims& dims, bool channels_last) {
  std::vector<float> values(static_cast<std::size_t>(dims.size()));
  std::ifstream in{path, std::ios::binary};
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  const Shape shape = dims.shape(channels_last);
  Matrix<> ours(shape.size(), dims.sizes[0]);
  for (Index i = 0; i < ours.size(); ++i) {
    const Index row = i % ours.rows(), channel = row / shape.positions(), position = row % shape.positions();
    ours(channels_last ? row : position * shape.channels + channel, i / ours.rows()) =
        values[static_cast<std::size_t>(i)];
  }
  return ours;
}

/// Reads values of which axis `batch` is the batch: each sample is a column in the order of the file.
Matrix<> columns_in(const std::filesystem::path& path, const Dims& dims, std::size_t batch) {
  std::vector<float> values(static_cast<std::size_t>(dims.size()));
  std::ifstream in{path, std::ios::binary};
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  Index inner = 1;
  for (std::size_t axis = batch + 1; axis < dims.sizes.size(); ++axis) inner *= dims.sizes[axis];
  const Index samples = dims.sizes[batch];
  Matrix<> ours(dims.size() / samples, samples);
  for (Index i = 0; i < ours.size(); ++i)
    ours(i / (inner * samples) * inner + i % inner, i / inner % samples) =
        values[static_cast<std::size_t>(i)];
  return ours;
}

/// The criterion of numpy's assert_allclose.
bool is_close(float actual, float expected, const Case& of) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (actual == expected) return true;
  const double difference = std::abs(static_cast<double>(actual) - static_cast<double>(expected));
  return difference <= of.absolute + of.relative * std::abs(static_cast<double>(expected));
}

/// True if the network computes the output of the case, with the channels of the input first or last.
bool gives_output(const DynamicSequential<>& net, const Case& of, const std::filesystem::path& folder,
                  bool channels_last) {
  const Shape shape = of.x.shape(channels_last);
  try {
    const bool ends_last = net.output_shape(shape) != of.y.shape(false);
    const Matrix<> x = values_in(folder / (of.name + ".x"), of.x, channels_last),
                   expected = values_in(folder / (of.name + ".y"), of.y, ends_last),
                   y = predict(net, Batch{x, shape});
    bool matches = y.rows() == expected.rows() && y.cols() == expected.cols();
    for (Index i = 0; matches && i < y.size(); ++i) matches = is_close(y(i), expected(i), of);
    return matches;
  } catch (const ShapeError&) {
    return false;
  }
}

/// True if the network computes the output of a recurrent node, whose input is [time, batch, features] or has the batch
/// first.
bool gives_sequence(const DynamicSequential<>& net, const Case& of, const std::filesystem::path& folder,
                    bool batch_first) {
  const std::size_t rank = of.y.sizes.size();
  if (of.x.sizes.size() != 3 || rank < 2) return false;
  const Shape shape{of.x.sizes[2], 1, of.x.sizes[batch_first ? 1 : 0]};
  try {
    const Matrix<> x = columns_in(folder / (of.name + ".x"), of.x, batch_first ? 0 : 1),
                   expected = columns_in(folder / (of.name + ".y"), of.y, batch_first ? 0 : rank - 2),
                   y = predict(net, Batch{x, shape});
    bool matches = y.rows() == expected.rows() && y.cols() == expected.cols();
    for (Index i = 0; matches && i < y.size(); ++i) matches = is_close(y(i), expected(i), of);
    return matches;
  } catch (const ShapeError&) {
    return false;
  }
}

/// Returns "match", "mismatch", "not run" for a case without numbers, or the message with which it is refused.
std::string result_of(const Case& of, const std::filesystem::path& folder) {
  try {
    const DynamicSequential<> net = load_onnx(folder / (of.name + ".onnx"));
    if (of.x.empty()) return "not run";
    const bool matches = gives_output(net, of, folder, false) || gives_output(net, of, folder, true) ||
                         gives_sequence(net, of, folder, false) || gives_sequence(net, of, folder, true);
    return matches ? "match" : "mismatch";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder{argc > 1 ? argv[1] : "."};
  const int least = argc > 2 ? std::atoi(argv[2]) : 0;
  const bool list = argc > 3 && std::strcmp(argv[3], "--list") == 0;
  std::ifstream in{folder / "cases.txt"};
  int cases = 0, matching = 0, mismatching = 0, not_run = 0;
  for (Case of; in >> of.name >> of.relative >> of.absolute >> of.x >> of.y; ++cases) {
    const std::string result = result_of(of, folder);
    matching += result == "match";
    mismatching += result == "mismatch";
    not_run += result == "not run";
    if (list || result == "mismatch") std::cout << of.name << ": " << result << '\n';
  }
  const int read = matching + mismatching + not_run;
  std::cout << cases << " cases: " << read << " are read, of which " << matching << " match, " << mismatching
            << " do not, and " << not_run << " cannot be run; " << cases - read << " are refused\n";
  if (matching < least) std::cout << "expected at least " << least << " to match\n";
  return cases == 0 || mismatching > 0 || matching < least ? 1 : 0;
}
