// Runs the node cases of ONNX's own backend test, which make_node_cases.py has written, and counts how they end:
//
//   onnx_node_cases FOLDER LEAST [--list]
//
// Fails if a case that is read gives other values than it should, or if fewer than LEAST match. --list prints every
// case.

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "descent/io/onnx_load.hpp"
#include "descent/training/predict.hpp"

using namespace descent;

namespace {

struct Case {
  std::string name;
  Index samples = 0, inputs = 0, outputs = 0;
  double relative = 0, absolute = 0;
};

std::vector<float> values_in(const std::filesystem::path& path, Index count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::ifstream in{path, std::ios::binary};
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

/// As numpy's assert_allclose does it.
bool is_close(float actual, float expected, const Case& of) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (actual == expected) return true;
  const double difference = std::abs(static_cast<double>(actual) - static_cast<double>(expected));
  return difference <= of.absolute + of.relative * std::abs(static_cast<double>(expected));
}

/// "match", "mismatch", "not run" of a model without numbers to run it with, else why it is refused.
std::string result_of(const Case& of, const std::filesystem::path& folder) {
  try {
    const Network<> net = load_onnx(folder / (of.name + ".onnx"));
    if (of.inputs == 0) return "not run";
    // Rows of samples are columns here: the order of the values is the same.
    std::vector<float> x = values_in(folder / (of.name + ".x"), of.inputs);
    const Eigen::Map<const Matrix<>> batch{x.data(), of.inputs / of.samples, of.samples};
    const Matrix<> y = predict(net, batch);
    const std::vector<float> expected = values_in(folder / (of.name + ".y"), of.outputs);
    bool matches = y.size() == of.outputs;
    for (Index i = 0; matches && i < y.size(); ++i)
      matches = is_close(y.data()[i], expected[static_cast<std::size_t>(i)], of);
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
  for (Case of; in >> of.name >> of.samples >> of.inputs >> of.outputs >> of.relative >> of.absolute;
       ++cases) {
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
