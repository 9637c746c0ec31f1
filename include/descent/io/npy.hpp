#pragma once

#include <Eigen/Core>
#include <bit>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/io/npy/header.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/serialize/byte_reader.hpp"
#include "descent/serialize/half.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// A float16 value.
struct Half {
  std::uint16_t bits;
  operator float() const { return from_half(bits); }
};

/// The type code of this machine's long double, whose representation differs between machines, in NumPy too.
inline constexpr std::string_view long_double_code = sizeof(long double) == 16   ? "f16"
                                                     : sizeof(long double) == 12 ? "f12"
                                                                                 : "f8";

/// Calls f(V{}) with the C++ type of a type code, which is kind and bytes, as in f8. Returns false for an unknown
/// code.
template <class F>
bool with_npy_type(std::string_view code, F&& f) {
  const auto on = [&]<class V>(std::string_view name, V) {
    if (code == name) f(V{});
    return code == name;
  };
  return on("f2", Half{}) || on("f4", float{}) || on("f8", double{}) || on("b1", std::uint8_t{}) ||
         on("i1", std::int8_t{}) || on("u1", std::uint8_t{}) || on("i2", std::int16_t{}) ||
         on("u2", std::uint16_t{}) || on("i4", std::int32_t{}) || on("u4", std::uint32_t{}) ||
         on("i8", std::int64_t{}) || on("u8", std::uint64_t{}) || on(long_double_code, 0.0L);
}

}  // namespace detail

/// A matrix whose `transpose` on a temporary returns by value, so that it does not dangle.
template <std::floating_point T>
struct NpyMatrix : Matrix<T> {
  using Matrix<T>::Matrix;
  auto transpose() & { return Matrix<T>::transpose(); }
  auto transpose() const& { return Matrix<T>::transpose(); }
  Matrix<T> transpose() && { return Matrix<T>::transpose(); }
};

namespace detail {

/// An array as a matrix: the first dimension by the product of all others.
template <std::floating_point T>
struct NpyArray {
  NpyMatrix<T> values;
  std::vector<std::uint64_t> sizes;
};

template <std::floating_point T>
NpyArray<T> read_npy_array(std::istream& in, std::string_view user, const std::string& source,
                           std::size_t most_dimensions) {
  ByteReader file{in, user, source};
  const NpyHeader header = read_npy_header(file, most_dimensions);
  if (header.fortran_order && header.sizes.size() > 2)
    file.fail("expected C order for more than 2 dimensions, got Fortran order",
              "save a copy: numpy.save(path, numpy.ascontiguousarray(a))");
  const auto rows = static_cast<Index>(header.rows), cols = static_cast<Index>(header.cols);
  NpyMatrix<T> m;
  const bool known = with_npy_type(header.type, [&]<class V>(V) {
    const auto bytes = file.take(file.product({header.rows, header.cols, sizeof(V)}), "values");
    file.expect_end();
    m.resize(rows, cols);
    if (m.size() == 0) return;  // the other dimension may be huge
    const std::uint8_t* next = bytes.data();
    const auto take_next = [&] {
      const V value = from_bytes<V>(next, header.big_endian);
      next += sizeof(V);
      return static_cast<T>(value);
    };
    if (header.fortran_order) {
      for (Index i = 0; i < m.size(); ++i) m.data()[i] = take_next();
    } else {
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < cols; ++j) m(i, j) = take_next();
    }
  });
  if (!known)
    file.fail(joined("expected floats, integers or booleans, got values of type \"", header.type, '"'),
              "convert the array: numpy.save(path, a.astype('float64'))");
  return {std::move(m), header.sizes};
}

}  // namespace detail

/// Reads a matrix from NumPy's .npy format: m(i, j) is a[i, j], and a 1-D array becomes one column. NumPy users store
/// samples in rows; `read_npy("x.npy").transpose()` has them in columns. Assign any other expression of the result to
/// a Matrix: `auto x = read_npy("x.npy").topRows(3)` would dangle.
///
/// Accepts floats from float16 to the long double of this machine, and integers and booleans of any size and byte
/// order, rounded to T; versions 1.0 to 3.0 of the format.
///
/// Throws   FormatError, which names file and byte, for a file in another format, values of another type, an array of
///          other than 1 or 2 dimensions (`read_npy_dataset` reads images), or a file of the wrong length.
/// Cost     memory of at most 12 times the size of the file, whatever its header says.
/// Source   NumPy documentation, numpy.lib.format
/// Example  examples/14_pytorch_weights.cpp
template <std::floating_point T = float>
NpyMatrix<T> read_npy(std::istream& in, const std::string& source = "stream") {
  return detail::read_npy_array<T>(in, "read_npy", source, 2).values;
}
/// Reads the matrix from a file.
template <std::floating_point T = float>
NpyMatrix<T> read_npy(const std::filesystem::path& path) {
  std::ifstream in = detail::open_file(path, "read_npy");
  return read_npy<T>(in, path.string());
}

/// Writes a matrix in NumPy's .npy format, version 1.0, column-major; a `Vector` becomes a 1-D array. `read_npy` and
/// `numpy.load` read back the same bits.
template <class Derived>
  requires std::floating_point<typename Derived::Scalar>
void write_npy(std::ostream& out, const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "write_npy: expected float or double");
  constexpr bool is_list = Derived::ColsAtCompileTime == 1;
  out << detail::npy_header(detail::joined(
      "{'descr': '<f", sizeof(T), "', 'fortran_order': ", is_list ? "False" : "True", ", 'shape': (",
      values.rows(), ',', is_list ? "" : detail::joined(' ', values.cols()), "), }"));
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  if (values.size() == 0) return;
  std::string column;
  for (Index j = 0; j < values.cols(); ++j) {
    column.clear();
    for (Index i = 0; i < values.rows(); ++i) {
      const auto bits = std::bit_cast<Bits>(values.derived().coeff(i, j));
      for (std::size_t k = 0; k < sizeof(T); ++k) column += static_cast<char>((bits >> (8 * k)) & 0xFF);
    }
    out.write(column.data(), static_cast<std::streamsize>(column.size()));
  }
}

/// Writes a matrix to a .npy file, which is replaced atomically: a temporary file is renamed into place.
///
/// Throws   FormatError if the file cannot be written; the old one is kept.
template <class Derived>
  requires std::floating_point<typename Derived::Scalar>
void write_npy(const std::filesystem::path& path, const Eigen::DenseBase<Derived>& values) {
  replace_file(path.string(), "write_npy", [&](std::ostream& out) { write_npy(out, values); });
}

}  // namespace descent
