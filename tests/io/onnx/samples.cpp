// Saves networks as .onnx in a folder, and their inputs and outputs as samples.json, for other runtimes to compare:
//
//   {"relu": {"x_dims": [6], "y_dims": [6], "x": [samples in rows], "y": [...]}, ...}
//
// The dimensions are those of ONNX without the batch, and the values are in its order.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include "descent/inference/predict.hpp"
#include "descent/io/onnx/save.hpp"
#include "io/onnx/networks.hpp"

using namespace descent;

namespace {

template <class Numbers>
void write_list(std::ostream& out, const std::string& name, const Numbers& numbers) {
  out << '"' << name << "\": [";
  const char* separator = "";
  for (const auto number : numbers) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(number));
    out << std::exchange(separator, ", ") << digits;
  }
  out << ']';
}

void write_value(std::ostream& out, const std::string& name, const Matrix<>& values, const Shape& shape) {
  write_list(out, name + "_dims", onnx_dims(shape));
  out << ", ";
  write_list(out, name, onnx_networks::in_onnx_order(values, shape).reshaped());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::filesystem::path folder{argc > 1 ? argv[1] : "."};
  std::filesystem::create_directories(folder);
  std::ofstream list{folder / "samples.json"};
  const char* separator = "{";
  const auto write = [&](const std::string& name, const onnx_networks::Written& written,
                         OnnxOptions options) {
    const auto& [unused, net, shape] = written;
    options.shape = shape;
    save_onnx(folder / (name + ".onnx"), net, options);
    const Matrix<> x = onnx_networks::samples(shape, 7);
    const DynamicSequential<> whole = options.softmax ? DynamicSequential{net, Softmax{}} : net;
    list << std::exchange(separator, ",") << "\n\"" << name << "\": {";
    write_value(list, "x", x, shape);
    list << ", ";
    write_value(list, "y", predict(whole, Batch{x, shape}), net.output_shape(shape));
    list << '}';
  };
  for (const auto& networks :
       {onnx_networks::of_each_layer(), onnx_networks::formulas(), onnx_networks::whole()})
    for (const auto& written : networks) {
      write(written.name, written, {});
      write(written.name + "_unfolded", written, {.fold_batch_norm = false});
    }
  const onnx_networks::Written classifier = onnx_networks::whole()[0];
  write("classifier_softmax", classifier, {.softmax = true, .classes = {"a", "b", "c"}});
  list << "\n}\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
