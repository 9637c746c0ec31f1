#include "descent/io/npy/dataset.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace npy_dataset_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::TemporaryFolder;

namespace {

/// Writes an array of bytes 0, 1, 2, ... of this shape.
void write(const std::filesystem::path& path, const std::string& shape, int count, bool fortran = false) {
  const std::string header = detail::joined("{'descr': '|u1', 'fortran_order': ", fortran ? "True" : "False",
                                            ", 'shape': (", shape, "), }\n");
  std::ofstream out{path, std::ios::binary};
  out << "\x93NUMPY\x01" << '\0' << static_cast<char>(header.size()) << '\0' << header;
  for (int i = 0; i < count; ++i) out << static_cast<char>(i);
}

}  // namespace

TEST_CASE("read_npy_dataset: samples are the first dimension and images have their shape") {
  const TemporaryFolder folder;
  const NpyFiles files{.inputs = folder.path / "x.npy", .targets = folder.path / "y.npy"};
  write(files.targets, "2,", 2);

  write(files.inputs, "2, 3", 6);
  const Dataset<> plain = read_npy_dataset(files);
  CHECK(plain.x == Matrix<>{{0, 3}, {1, 4}, {2, 5}});
  CHECK(plain.y == Matrix<>{{0, 1}});
  CHECK(plain.sample_shape() == Shape{3});

  // a[sample, row, column, channel] = 12 sample + 6 row + 2 column + channel, with the channels fastest, as in a
  // column of Dataset::x.
  write(files.inputs, "2, 2, 3, 2", 24);
  const Dataset<> images = read_npy_dataset(files);
  CHECK(images.shape == Shape{.channels = 2, .height = 2, .width = 3});
  CHECK(images.x.col(1) == Vector<>{{12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}});
  CHECK(images.inputs().columns(1, 1).channels().col(4) == Vector<>{{20, 21}});  // row 1, column 1

  write(files.inputs, "2, 2, 3", 12);
  CHECK(read_npy_dataset(files).shape == Shape{.channels = 1, .height = 2, .width = 3});

  write(files.inputs, "2,", 2);
  write(files.targets, "2, 3", 6);
  const Dataset<> several = read_npy_dataset(files);
  CHECK(several.x == Matrix<>{{0, 1}});
  CHECK(several.y == Matrix<>{{0, 3}, {1, 4}, {2, 5}});
}

TEST_CASE("read_npy_dataset: files of mismatched shapes are refused") {
  const TemporaryFolder folder;
  const NpyFiles files{.inputs = folder.path / "x.npy", .targets = folder.path / "y.npy"};
  const auto complaint = [&] { return message_of<FormatError>([&] { read_npy_dataset(files); }); };
  CHECK_THAT(complaint(), ContainsSubstring("read_npy_dataset: expected a readable file at "));
  write(files.targets, "2,", 2);
  write(files.inputs, "3, 1", 3);
  CHECK_THAT(complaint(), ContainsSubstring("expected a target for each of the 3 samples in ") &&
                              ContainsSubstring(", got 2 in "));
  write(files.inputs, "2, 1, 1, 1, 1", 2);
  CHECK_THAT(complaint(), ContainsSubstring("expected an array of 1 to 4 dimensions, got 5; reshape it"));
  write(files.inputs, "2, 2, 3", 12, true);
  CHECK_THAT(complaint(), ContainsSubstring(
                              "expected C order for more than 2 dimensions, got Fortran order; save a copy"));
  write(files.inputs, "2, 1", 2);
  write(files.targets, "2, 1, 1", 2);
  CHECK_THAT(complaint(), ContainsSubstring("expected an array of 1 to 2 dimensions, got 3"));
}

}  // namespace npy_dataset_test
