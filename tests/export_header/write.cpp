// Writes a header for each layer of the table and each of its shapes into the folder given, and a program main.cpp that
// includes all of them and compares their outputs with those of the library.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "conformance/layer_table.hpp"
#include "descent/io/export_header.hpp"

using namespace descent;

namespace {

constexpr Index samples = 3;

void write_array(std::ostream& out, const std::string& name, const Matrix<float>& values) {
  out << "const float " << name << "[] = {";
  for (const float value : values.reshaped())
    out << detail::joined({detail::Formatted{value, std::chars_format::scientific, 9}}) << "F,";
  out << "};\n";
}

/// Sets all parameters and state to different numbers; those that are divisors to positive ones.
void fill(AnyLayer<float>& layer, Rng& rng) {
  visit_leaves(layer, [&](const Leaf<float>& leaf) {
    for (Index i = 0; i < leaf.size(); ++i) {
      const auto value = static_cast<float>(rng.normal());
      leaf.data[i] = leaf.is_state() ? 0.5F + std::abs(value) : 0.5F * value;
    }
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : ".";
  std::ofstream program{folder + "/main.cpp"};
  std::string includes, data, checks;
  int count = 0, refused = 0;
  for (const auto& row : conformance::layers)
    for (const Shape& shape : row.shapes) {
      Rng rng{static_cast<std::uint64_t>(count + 1)};
      AnyLayer<float> layer = row.make_float(rng);
      fill(layer, rng);
      Matrix<float> x(shape.size(), samples);
      for (float& value : x.reshaped()) value = 2 * static_cast<float>(rng.normal());
      const std::string name = "layer_" + std::to_string(count);
      try {
        export_header(folder + "/" + name + ".hpp", layer, {.inputs = shape, .name = name});
      } catch (const DataError& error) {
        const bool is_formula = !row.not_in_files.empty() || row.name.starts_with("Formula");
        std::cout << row.name << ": " << error.what() << '\n';
        if (!is_formula) return 1;
        ++refused;
        continue;
      }
      program << "#include \"" << name << ".hpp\"\n";
      std::ofstream numbers{folder + "/" + name + "_data.hpp"};
      write_array(numbers, name + "_x", x);
      write_array(numbers, name + "_y", predict(layer, Batch<float>{x, shape}));
      program << "#include \"" << name << "_data.hpp\"\n";
      checks += "  wrong += compare<" + name + "::inputs, " + name + "::outputs>(\"" + row.name + "\", " +
                name + "::predict, " + name + "_x, " + name + "_y);\n";
      ++count;
    }
  program << R"(#include <cstdio>

template <int inputs, int outputs, class F>
int compare(const char* name, F predict, const float* x, const float* expected) {
  for (int s = 0; s < )"
          << samples << R"(; ++s) {
    float y[outputs], largest = 1;
    predict(x + s * inputs, y);
    for (int i = 0; i < outputs; ++i) {
      const float size = expected[s * outputs + i] < 0 ? -expected[s * outputs + i] : expected[s * outputs + i];
      largest = size > largest ? size : largest;
    }
    for (int i = 0; i < outputs; ++i) {
      const float off = y[i] - expected[s * outputs + i];
      if (off <= 1e-6F * largest && -off <= 1e-6F * largest) continue;
      std::printf("%s: output %d of sample %d: expected %.9g, got %.9g\n", name, i, s,
                  double(expected[s * outputs + i]), double(y[i]));
      return 1;
    }
  }
  return 0;
}

int main() {
  int wrong = 0;
)" << checks
          << "  std::printf(\"" << count << " headers, %d of them wrong\\n\", wrong);\n  return wrong;\n}\n";
  if (constexpr int at_least = 188; count < at_least) {  // may only grow
    std::cout << "expected at least " << at_least << " headers, got " << count << '\n';
    return 1;
  }
  std::cout << count << " headers written, " << refused << " refused\n";
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
