// Writes networks as .onnx into a folder, for another program to run, and what they give as samples.json:
//
//   {"relu": {"features": 6, "outputs": 6, "x": [samples in rows], "y": [...]}, ...}

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "descent/io/onnx_save.hpp"
#include "descent/training/predict.hpp"
#include "onnx_networks.hpp"

using namespace descent;

namespace {

void write_list(std::ostream& out, const char* name, const Matrix<>& values) {
  out << ", \"" << name << "\": [";
  for (Index i = 0; i < values.size(); ++i) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", static_cast<double>(values.data()[i]));
    out << (i == 0 ? "" : ", ") << digits;
  }
  out << ']';
}

}  // namespace

int main(int argc, char** argv) try {
  const std::filesystem::path folder{argc > 1 ? argv[1] : "."};
  std::filesystem::create_directories(folder);
  std::ofstream list{folder / "samples.json"};
  const Matrix<> x = onnx_networks::samples(7);
  const char* separator = "{";
  const auto write = [&](const std::string& name, const Network<>& net, const OnnxOptions& options,
                         const Matrix<>& y) {
    save_onnx(folder / (name + ".onnx"), net, options);
    list << separator << "\n\"" << name << "\": {\"features\": " << x.rows() << ", \"outputs\": " << y.rows();
    write_list(list, "x", x);
    write_list(list, "y", y);
    list << '}';
    separator = ",";
  };
  for (const auto& networks : {onnx_networks::of_each_layer(), onnx_networks::whole()})
    for (const auto& [name, net] : networks) {
      const Matrix<> y = predict(net, x);
      write(name, net, {.features = x.rows()}, y);
      write(name + "_unfolded", net, {.features = x.rows(), .fold_batch_norm = false}, y);
    }
  const Network<> classifier = onnx_networks::whole()[0].second;
  write("classifier_softmax", classifier, {.softmax = true, .classes = {"a", "b", "c"}},
        predict(Network{classifier, Softmax{}}, x));
  list << "\n}\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
