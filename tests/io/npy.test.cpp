#include "descent/io/npy.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/data/dataset.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace npy_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::TemporaryFolder;

namespace {

const std::filesystem::path golden_files = std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "npy";

// The array that tests/golden/make/npy.py saved: 10 i + j - 3.
template <std::floating_point T>
Matrix<T> expected() {
  Matrix<T> m(3, 4);
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 4; ++j) m(i, j) = static_cast<T>(10 * i + j - 3);
  return m;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Matrix<> parsed(const std::string& bytes) {
  std::istringstream in{bytes};
  return read_npy(in, "a.npy");
}

std::string file_of(const std::string& header, const std::string& values = {}) {
  return std::string{"\x93NUMPY\x01"} + '\0' + static_cast<char>(header.size()) + '\0' + header + values;
}

std::string complaint_about(const std::string& bytes) {
  return message_of<FormatError>([&] { parsed(bytes); });
}

}  // namespace

TEMPLATE_TEST_CASE("read_npy: reads files of NumPy of every type and byte order and version", "", float,
                   double) {
  for (const char* name :
       {"little_f2", "big_f2", "little_f4", "little_f8", "big_f4", "big_f8", "little_i1", "little_i2",
        "little_i4", "little_i8", "big_i2", "big_i8", "fortran", "fortran_f4", "version_2", "version_3"}) {
    CAPTURE(name);
    CHECK(read_npy<TestType>(golden_files / detail::joined(name, ".npy")) == expected<TestType>());
  }
  for (const char* name : {"u1", "u2", "u4", "u8"}) {
    CAPTURE(name);
    CHECK(read_npy<TestType>(golden_files / detail::joined(name, ".npy")) == expected<TestType>().cwiseAbs());
  }
  CHECK(read_npy<TestType>(golden_files / "bool.npy") ==
        (expected<TestType>().array() > 10).template cast<TestType>().matrix());
  CHECK(read_npy<TestType>(golden_files / "list.npy") == expected<TestType>().row(1).transpose());
}

TEST_CASE("read_npy: preserves empty arrays and special values") {
  const Matrix<double> empty = read_npy<double>(golden_files / "empty.npy");
  CHECK(empty.rows() == 0);
  CHECK(empty.cols() == 4);
  const Matrix<double> special = read_npy<double>(golden_files / "special.npy");
  REQUIRE(special.size() == 5);
  CHECK(special(0) == std::numeric_limits<double>::infinity());
  CHECK(special(1) == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(special(2)));
  CHECK(special(3) == 0.1);
  CHECK(special(4) == std::numeric_limits<double>::denorm_min());
}

TEST_CASE("write_npy: writes the bytes that NumPy writes") {
  std::ostringstream matrix, list;
  write_npy(matrix, expected<float>());
  write_npy(list, Vector<double>{expected<double>().row(1).transpose()});
  CHECK(matrix.str() == content(golden_files / "written_matrix.npy"));
  CHECK(list.str() == content(golden_files / "written_list.npy"));
}

TEMPLATE_TEST_CASE("write_npy: read_npy restores the bits", "", float, double) {
  const TemporaryFolder folder;
  Rng rng{1};
  for (const Index cols : {0, 1, 37}) {
    Matrix<TestType> m(5, cols);
    for (Index i = 0; i < m.size(); ++i) m(i) = static_cast<TestType>(rng.normal() * 1e3);
    write_npy(folder.path / "m.npy", m);
    CHECK(read_npy<TestType>(folder.path / "m.npy") == m);
    write_npy(folder.path / "m.npy", m.transpose());  // an expression, over the old file
    CHECK(read_npy<TestType>(folder.path / "m.npy") == m.transpose());
  }
  const auto files = std::distance(std::filesystem::directory_iterator{folder.path}, {});
  CHECK(files == 1);
}

TEST_CASE("write_npy: a failed write leaves no temporary file") {
  const TemporaryFolder folder;
  CHECK_THAT(message_of<FormatError>([&] { write_npy(folder.path / "none" / "m.npy", expected<float>()); }),
             ContainsSubstring("write_npy: expected to write ") && ContainsSubstring("m.npy"));
  std::filesystem::create_directories(folder.path / "taken" / "inside");
  CHECK_THAT(message_of<FormatError>([&] { write_npy(folder.path / "taken", expected<float>()); }),
             ContainsSubstring("write_npy: expected to rename "));
  CHECK_FALSE(std::filesystem::exists(folder.path / "taken.part"));
}

TEST_CASE("replace_file: an exception while writing keeps the old npy file") {
  const TemporaryFolder folder;
  const auto path = folder.path / "m.npy";
  write_npy(path, expected<float>());
  CHECK_THROWS_AS(replace_file(path, "test",
                               [](std::ostream& out) {
                                 out << "half";
                                 throw DataError("a", "b", "c");
                               }),
                  DataError);
  CHECK(read_npy(path) == expected<float>());
  CHECK_FALSE(std::filesystem::exists(folder.path / "m.npy.part"));
}

TEST_CASE("read_npy: headers of any spelling are read") {
  CHECK(parsed(file_of("{\"shape\":(1L,2L),'fortran_order':True,'descr':'|u1'}  \n", "\1\2")) ==
        Matrix<>{{1, 2}});
  CHECK(parsed(file_of("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }",
                       std::string{"\1\0", 2})) == Vector<>{{1, 0}});
}

TEST_CASE("read_npy: a file of another format or length is reported with the byte") {
  const std::string good = content(golden_files / "little_f8.npy");
  CHECK(complaint_about("PK\3\4 a zip file") ==
        "read_npy: a.npy, byte 8: expected a .npy file, which begins with \\x93NUMPY, got other bytes; "
        "pass a .npy file; extract it from an .npz file");
  CHECK(complaint_about(good.substr(0, good.size() - 1)) ==
        "read_npy: a.npy, byte 128: expected 96 bytes of values, got 95; copy or download the file "
        "again: it is truncated");
  CHECK(complaint_about(good + 'x') ==
        "read_npy: a.npy, byte 224: expected the end of the file, got more bytes; copy or download "
        "the file again: the sizes in its header do not match its length");
  CHECK_THAT(complaint_about(good.substr(0, 50)),
             ContainsSubstring("expected 118 bytes of a header, got 40"));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_THROWS_AS(parsed(good.substr(0, size)), FormatError);
}

TEST_CASE("read_npy: an unsupported array is refused with a way to convert it") {
  CHECK_THAT(complaint_about(file_of("{'descr':'<c8','fortran_order':False,'shape':(1,)}")),
             ContainsSubstring("expected floats, integers or booleans, got values of type \"c8\"; convert"));
  CHECK_THAT(complaint_about(file_of("{'descr':[('a','<f4')],'fortran_order':False,'shape':(1,)}")),
             ContainsSubstring("expected a plain array, got a structured array"));
  CHECK_THAT(
      complaint_about(file_of("{'descr':'<f4','fortran_order':False,'shape':(1,1,1)}")),
      ContainsSubstring(
          "expected an array of 1 to 2 dimensions, got 3; read images with read_npy_dataset, or reshape it"));
  CHECK_THAT(complaint_about(file_of("{'descr':'<f4','fortran_order':False,'shape':()}")),
             ContainsSubstring("expected an array of 1 to 2 dimensions, got 0"));
  std::string future = file_of("");
  future[6] = '\4';
  CHECK_THAT(complaint_about(future), ContainsSubstring("expected version 1 to 3 of the format, got 4"));
}

TEST_CASE("read_npy: a damaged header is reported with the position") {
  for (const char* header :
       {"", "x", "{", "{}", "{'descr'}", "{'descr':'<f4'", "{'descr':'f'}", "{'descr':<f4}", "{'other':1}",
        "{'descr':'<f4','fortran_order':Maybe}", "{'descr':'<f4','fortran_order':True,'shape':3}",
        "{'descr':'<f4','fortran_order':True,'shape':(-1,)}",
        "{'descr':'<f4','fortran_order':True,'shape':(1}",
        "{'descr':'<f4','fortran_order':True,'shape':(1,)}}", "{'descr':'<f4' 'shape':(1,)}"}) {
    CAPTURE(header);
    CHECK_THAT(complaint_about(file_of(header)), ContainsSubstring("read_npy: a.npy, byte ") &&
                                                     ContainsSubstring("in the header expected") &&
                                                     ContainsSubstring(" at character "));
  }
}

TEST_CASE("read_npy: impossible sizes are refused without allocating them") {
  for (const char* shape : {"(9223372036854775807,)", "(9223372036854775808,2)", "(4294967296,4294967296)",
                            "(99999999999999999999999999,1)"}) {
    CAPTURE(shape);
    CHECK_THAT(
        complaint_about(file_of(detail::joined("{'descr':'<f8','fortran_order':True,'shape':", shape, "}"))),
        ContainsSubstring("expected sizes that a file can hold"));
  }
  CHECK_THAT(
      complaint_about(file_of("{'descr':'<f8','fortran_order':True,'shape':(123456789012,4)}", "12345678")),
      ContainsSubstring("expected 3950617248384 bytes of values, got 8"));
  std::string long_header = file_of("");
  long_header[6] = '\2';
  CHECK_THAT(complaint_about(long_header + "\xFF\xFF"),
             ContainsSubstring("expected a header of at most 65535 bytes, got one of 4294901760"));
}

TEST_CASE("read_npy: a missing file is reported") {
  CHECK_THAT(message_of<FormatError>([] { read_npy("missing.npy"); }),
             ContainsSubstring("read_npy: expected a readable file at \"missing.npy\", file not found"));
}

TEST_CASE("write_npy: the file is the same in every locale and can be read") {
  const auto written = [] {
    std::ostringstream out;
    write_npy(out, Matrix<float>::Constant(1000, 2, 0.5F));
    return out.str();
  };
  const std::string expected = written();
  CHECK(support::under_decimal_comma(written) == expected);
  CHECK(support::under_decimal_comma([&] { return parsed(expected); }) == Matrix<>::Constant(1000, 2, 0.5F));
}

TEST_CASE("read_npy: reads float16") {
  const Matrix<> expected{{1, 2, 3}, {4, 5, 6.5F}};
  CHECK(read_npy(golden_files / "f2.npy") == expected);
  CHECK(read_npy<double>(golden_files / "f2.npy") == expected.cast<double>());
  // Infinity, NaN and the smallest number of float16, 2^-24.
  const Matrix<> special = parsed(file_of("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }",
                                          std::string{"\x00\x7c\x01\x7e\x01\x00", 6}));
  CHECK(special(0) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(special(1)));
  CHECK(special(2) == std::ldexp(1.0F, -24));
}

TEST_CASE("read_npy: reads the long double of the machine") {
  if (sizeof(long double) != 16 || std::numeric_limits<long double>::digits != 64) return;
  const Matrix<double> m = read_npy<double>(golden_files / "x86_f16.npy");
  REQUIRE((m.rows() == 3 && m.cols() == 4));
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 4; ++j)
      CHECK(m(i, j) == static_cast<double>(static_cast<long double>(10 * i + j - 3) / 10));
  // 1.5, the most significant byte first: sign and exponent, then 1.1 in binary.
  std::string value{"\x3f\xff\xc0", 3};
  value.insert(0, 6, '\0').append(7, '\0');
  CHECK(parsed(file_of("{'descr': '>f16', 'fortran_order': False, 'shape': (1,), }", value))(0) == 1.5F);
}

TEST_CASE("read_npy: a transpose of its result does not dangle") {
  const auto x = read_npy(golden_files / "little_f4.npy").transpose();
  STATIC_REQUIRE(std::is_same_v<decltype(x), const Matrix<float>>);
  CHECK(x == expected<float>().transpose());
  const auto m = read_npy(golden_files / "little_f4.npy");
  CHECK(m.transpose() == expected<float>().transpose());
  CHECK(&m.transpose().coeffRef(0, 0) == &m(0, 0));  // a view of the matrix
  const Dataset data{read_npy(golden_files / "little_f4.npy").transpose(), m.topRows(1)};
  CHECK(data.features() == 4);
}

}  // namespace npy_test
