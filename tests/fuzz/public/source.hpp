#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <descent/core/types.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

using descent::Index;
using descent::Matrix;

/// Generates arguments from bytes: most are valid, the others wrong, empty, huge, or NaN. After the last byte it reads
/// zeros.
class Source {
 public:
  explicit Source(std::string_view bytes) : left_{bytes} {}

  unsigned byte() {
    if (left_.empty()) return 0;
    const auto first = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    return first;
  }
  unsigned below(std::size_t n) {
    const unsigned bits = n > 256 ? byte() << 8 | byte() : byte();
    return bits % static_cast<unsigned>(n);
  }
  bool one_in(unsigned n) { return below(n) == n - 1; }
  bool flag() { return byte() % 2 == 1; }
  std::string_view rest() { return std::exchange(left_, {}); }

  const auto& pick(const auto& list) { return list[below(list.size())]; }

  /// Returns a floating-point number, often an extreme one.
  double number() {
    using Limits = std::numeric_limits<double>;
    static constexpr std::array numbers{0.0,
                                        -0.0,
                                        1.0,
                                        -1.0,
                                        0.5,
                                        0.1,
                                        0.9,
                                        2.0,
                                        3.0,
                                        1e-3,
                                        -1e-3,
                                        1e30,
                                        -1e30,
                                        1e300,
                                        1e-300,
                                        Limits::infinity(),
                                        -Limits::infinity(),
                                        2e9,
                                        9e15,
                                        0.999,
                                        Limits::denorm_min(),
                                        Limits::max(),
                                        Limits::quiet_NaN(),
                                        1e-9};
    return pick(numbers);
  }
  /// Returns an integer, often an extreme one.
  std::int64_t whole() {
    using Limits = std::numeric_limits<std::int64_t>;
    static constexpr std::array<std::int64_t, 24> numbers{0,
                                                          1,
                                                          2,
                                                          3,
                                                          4,
                                                          5,
                                                          -1,
                                                          -2,
                                                          7,
                                                          10,
                                                          16,
                                                          100,
                                                          INT32_MAX,
                                                          INT32_MIN,
                                                          Limits::max(),
                                                          Limits::min(),
                                                          Limits::max() - 1,
                                                          std::int64_t{1} << 32,
                                                          std::int64_t{1} << 40,
                                                          std::int64_t{1} << 62,
                                                          1000,
                                                          33,
                                                          8,
                                                          6};
    return pick(numbers);
  }
  /// Returns mostly `right`, otherwise any integer.
  Index size(Index right) { return one_in(6) ? static_cast<Index>(whole()) : right; }
  /// Returns a number of rows or columns of a matrix: mostly `right`, otherwise one from 0 to 8.
  Index count(Index right) { return one_in(8) ? static_cast<Index>(below(9)) : right; }

  /// Returns a matrix of mostly ordinary values.
  template <class T = double>
  Matrix<T> values(Index rows, Index cols) {
    Matrix<T> m(rows, cols);
    const unsigned kind = below(8);
    std::uint32_t state = byte() * 2654435761U + 1;
    for (Index i = 0; i < m.size(); ++i) {
      state = state * 1664525U + 1013904223U;
      const auto draw = static_cast<double>(state >> 8) * 0x1p-24;
      m.data()[i] = static_cast<T>(kind == 0 ? 0 : kind < 3 ? static_cast<int>(draw * 4) : 4 * draw - 2);
    }
    if (m.size() > 0 && one_in(6))
      m.data()[below(static_cast<std::size_t>(m.size()))] = static_cast<T>(number());
    return m;
  }
  /// Returns a matrix of mostly the right shape.
  template <class T = double>
  Matrix<T> matrix(Index rows, Index cols) {
    const Index r = count(rows), c = count(cols);
    return values<T>(r, c);
  }

  std::string text() {
    static const std::array<std::string, 10> strings{
        "", "0", "weight", "0.weight", "loss", "val_loss", "a\nb", "\xff\xfe", "\"", std::string(300, 'x')};
    return pick(strings);
  }

 private:
  std::string_view left_;
};

}  // namespace fuzz
