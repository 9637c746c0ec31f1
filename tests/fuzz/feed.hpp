#pragma once

// The targets of the fuzzers, which the regression test of the corpus also runs: each reads a file and checks the
// result. An invalid file must throw descent::Error; any other exception is a bug.

#include <cstring>
#include <descent/io/csv.hpp>
#include <descent/io/idx.hpp>
#include <descent/io/npy.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fuzz {

inline void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error{what};
}

/// Removes the first byte and returns it, as a choice of options.
inline unsigned choice_of(std::string_view& bytes) {
  if (bytes.empty()) return 0;
  const auto choice = static_cast<unsigned char>(bytes[0]);
  bytes.remove_prefix(1);
  return choice;
}

inline void csv(std::string_view bytes) {
  using namespace descent;
  const unsigned choice = choice_of(bytes);
  CsvOptions options;
  options.header = choice % 2 == 0;
  const std::string first = options.header ? "a" : "0", second = options.header ? "b" : "1";
  if (choice / 2 % 4 == 1) options.label = first;
  if (choice / 2 % 4 == 2) options.target = first;
  if (choice / 2 % 4 == 3) options.targets = {second, first};
  options.missing = static_cast<Missing>(choice / 8 % 4);
  options.separator = choice / 32 % 2 == 0 ? ',' : '\t';
  options.decimal = choice / 64 % 2 == 0 ? '.' : ',';
  std::istringstream in{std::string{bytes}};
  try {
    const Dataset<float> data = read_csv<float>(in, options, "fuzz.csv");
    expect(data.x.cols() == data.y.cols(), "expected a target for each sample");
    expect(data.feature_names.size() == static_cast<std::size_t>(data.features()),
           "expected a name for each feature");
    expect(options.missing == Missing::keep || all_finite(data.x), "expected finite features");
    expect(all_finite(data.y), "expected finite targets");
  } catch (const Error&) {
  }
}

inline void idx(std::string_view bytes) {
  using namespace descent;
  const unsigned choice = choice_of(bytes);
  std::istringstream in{std::string{bytes}};
  try {
    const Matrix<float> m = choice % 2 == 0 ? read_idx_images(in) : read_idx_labels(in);
    expect(static_cast<std::size_t>(m.size()) <= bytes.size(), "expected no more values than bytes");
    expect(m.size() == 0 || (m.minCoeff() >= 0 && m.maxCoeff() <= 255), "expected values from 0 to 255");
  } catch (const Error&) {
  }
}

inline void npy(std::string_view bytes) {
  using namespace descent;
  std::istringstream in{std::string{bytes}};
  try {
    const Matrix<double> m = read_npy<double>(in);
    expect(static_cast<std::size_t>(m.size()) <= bytes.size(), "expected no more values than bytes");
    std::stringstream written;
    write_npy(written, m);
    const Matrix<double> again = read_npy<double>(written);
    expect(again.rows() == m.rows() && again.cols() == m.cols(), "expected the shape that was written");
    expect(m.size() == 0 ||
               std::memcmp(m.data(), again.data(), sizeof(double) * static_cast<std::size_t>(m.size())) == 0,
           "expected the values that were written");
  } catch (const Error&) {
  }
  std::istringstream images{std::string{bytes}};
  try {
    const auto array = detail::read_npy_array<double>(images, "read_npy_dataset", "stream", 4);
    std::uint64_t size = 1;
    for (const std::uint64_t each : array.sizes) size *= each;
    expect(size == static_cast<std::uint64_t>(array.values.size()),
           "expected as many values as the dimensions require");
  } catch (const Error&) {
  }
}

}  // namespace fuzz
