#include "descent/io/idx.hpp"

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace idx_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::TemporaryFolder;

namespace {

std::string idx(std::initializer_list<std::uint32_t> sizes, const std::string& values, int type = 8) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>((size >> shift) & 0xFF);
  return bytes + values;
}

Matrix<> images(const std::string& bytes) {
  std::istringstream in{bytes};
  return read_idx_images(in, "images.idx");
}
Matrix<> labels(const std::string& bytes) {
  std::istringstream in{bytes};
  return read_idx_labels(in, "labels.idx");
}
std::string complaint_about_images(const std::string& bytes) {
  return message_of<FormatError>([&] { images(bytes); });
}
std::string complaint_about_labels(const std::string& bytes) {
  return message_of<FormatError>([&] { labels(bytes); });
}

}  // namespace

TEST_CASE("read_idx_images: images become columns in row-major order with unchanged values") {
  const Matrix<> x = images(idx({2, 2, 3}, std::string{"\0\1\2\3\4\5\xFF\x80\x7F\0\0\1", 12}));
  CHECK(x == Matrix<>{{0, 255}, {1, 128}, {2, 127}, {3, 0}, {4, 0}, {5, 1}});
}

TEST_CASE("read_idx_images: with channels last the channels vary fastest") {
  CHECK(images(idx({1, 1, 2, 3}, "\1\2\3\4\5\6")) == Vector<>{{1, 2, 3, 4, 5, 6}});
}

TEST_CASE("read_idx_labels: labels become one row of classes") {
  CHECK(labels(idx({3}, std::string{"\7\0\xFF", 3})) == Matrix<>{{7, 0, 255}});
  CHECK(labels(idx({0}, "")).cols() == 0);
  CHECK(images(idx({0, 2, 2}, "")).rows() == 4);
}

TEST_CASE("read_idx: combines images and labels") {
  const TemporaryFolder folder;
  const IdxFiles files{.images = folder.path / "images", .labels = folder.path / "labels"};
  std::ofstream{files.images, std::ios::binary} << idx({2, 1, 2}, "\1\2\3\4");

  std::ofstream{files.labels, std::ios::binary} << idx({2}, std::string{"\1\0", 2});
  const Dataset<double> data = read_idx<double>(files);
  CHECK(data.x == Matrix<double>{{1, 3}, {2, 4}});
  CHECK(data.y == Matrix<double>{{1, 0}});
  CHECK(data.shape == Shape{.channels = 1, .height = 1, .width = 2});

  std::ofstream{files.labels, std::ios::binary} << idx({3}, "\1\1\1");
  CHECK_THAT(message_of<FormatError>([&] { read_idx(files); }),
             ContainsSubstring("read_idx: expected a label for each of the 2 images in ") &&
                 ContainsSubstring(", got 3 in ") && ContainsSubstring("; pass files of the same set"));
  std::filesystem::remove(files.images);
  CHECK_THAT(message_of<FormatError>([&] { read_idx(files); }),
             ContainsSubstring("read_idx_images: expected a readable file at "));
}

TEST_CASE("read_idx: the data set has the shape of the images") {
  const TemporaryFolder folder;
  const IdxFiles files{.images = folder.path / "images", .labels = folder.path / "labels"};
  std::ofstream{files.labels, std::ios::binary} << idx({1}, "\1");
  const auto shape_of = [&](std::initializer_list<std::uint32_t> sizes, std::size_t bytes) {
    std::ofstream{files.images, std::ios::binary} << idx(sizes, std::string(bytes, '\1'));
    const Dataset<> data = read_idx(files);
    CHECK(data.inputs().shape() == data.shape);
    return data.shape;
  };
  CHECK(shape_of({1, 2, 3}, 6) == Shape{.channels = 1, .height = 2, .width = 3});
  CHECK(shape_of({1, 2, 3, 4}, 24) == Shape{.channels = 4, .height = 2, .width = 3});
  CHECK(shape_of({1, 5}, 5) == Shape{.channels = 1, .height = 5, .width = 1});
}

TEST_CASE("read_idx_images: a file in another format is refused") {
  CHECK(complaint_about_images("P5 28 28") ==
        "read_idx_images: images.idx, byte 4: expected an IDX file of unsigned bytes, which begins with 0 0 "
        "8, got "
        "80 53 32; pass the path of such a file");
  CHECK_THAT(complaint_about_images(idx({1, 1}, "1234", 13)), ContainsSubstring("got 0 0 13"));
  CHECK_THAT(complaint_about_images("\x1F\x8B\x08\x08"),
             ContainsSubstring("expected an IDX file, got a gzip file; decompress it"));
  CHECK_THAT(complaint_about_images(idx({2}, "12")),
             ContainsSubstring(
                 "expected 2 to 4 dimensions, of which the first is the images, got 1; pass the file"));
  CHECK_THAT(complaint_about_labels(idx({2, 2, 2}, "12345678")),
             ContainsSubstring(
                 "expected 1 dimension, one label per image, got 3; pass the file of images as .images"));
}

TEST_CASE("read_idx_images: a truncated or too long file is reported with the byte") {
  const std::string good = idx({2, 2, 2}, "12345678");
  CHECK(complaint_about_images(good.substr(0, good.size() - 1)) ==
        "read_idx_images: images.idx, byte 16: expected 8 bytes of pixels, got 7; copy or download the file "
        "again: it is truncated");
  CHECK_THAT(complaint_about_images(good + '9'),
             ContainsSubstring("byte 24: expected the end of the file, got more bytes"));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_THROWS_AS(images(good.substr(0, size)), FormatError);
}

TEST_CASE("read_idx_images: impossible sizes are refused without allocating them") {
  constexpr std::uint32_t most = 0xFFFFFFFF;
  CHECK_THAT(complaint_about_images(idx({most, most, most, most}, "")),
             ContainsSubstring("expected sizes that a file can hold"));
  CHECK_THAT(complaint_about_images(idx({4, 0x80000000, 0x80000000}, "1234")),  // 2^64 in all
             ContainsSubstring("expected sizes that a file can hold"));
  CHECK_THAT(complaint_about_images(idx({most, 1, 1}, "1234")),
             ContainsSubstring("expected 4294967295 bytes of pixels, got 4"));
  CHECK_THAT(complaint_about_images(idx({2, 0, 2}, "")),
             ContainsSubstring("expected images of at least one pixel"));
}

}  // namespace idx_test
