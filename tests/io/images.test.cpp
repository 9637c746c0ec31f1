#include "descent/io/images.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "descent/parallel/thread_workers.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace images_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Bytes = std::vector<std::uint8_t>;

namespace {

std::string encode_png(Index height, Index width, png_uint_32 format, const void* pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_get_memory_size(image, size, 0, pixels, 0, nullptr));
  std::string bytes(size, '\0');
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr));
  return bytes;
}

std::string encode_jpeg(Index height, Index width, const Bytes& rgb) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;
  REQUIRE(tjCompress2(encoder, rgb.data(), static_cast<int>(width), 0, static_cast<int>(height), TJPF_RGB,
                      &data, &size, TJSAMP_444, 95, 0) == 0);
  std::string bytes(reinterpret_cast<char*>(data), size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

Bytes some_pixels(std::size_t count) {
  Bytes pixels(count);
  for (std::size_t i = 0; i < count; ++i) pixels[i] = static_cast<std::uint8_t>(i * 37 % 256);
  return pixels;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << bytes;
}

/// Returns the pixels of a gray image of one row, saved as PNG.
std::string row(const Bytes& gray) {
  return encode_png(1, static_cast<Index>(gray.size()), PNG_FORMAT_GRAY, gray.data());
}

std::string error_of(auto&& f) { return support::message_of<FormatError>(f); }

}  // namespace

TEST_CASE("read_image: a PNG file keeps its pixels") {
  const support::TemporaryFolder folder;
  const Bytes pixels = some_pixels(3 * 4 * 5);
  write(folder.path / "a.png", encode_png(4, 5, PNG_FORMAT_RGB, pixels.data()));
  const Dataset image = read_image(folder.path / "a.png");
  CHECK(image.shape == Shape{3, 4, 5});
  REQUIRE(image.x.rows() == 60);
  for (Index i = 0; i < 60; ++i)
    CHECK(image.x(i, 0) == static_cast<float>(pixels[static_cast<std::size_t>(i)]));
}

TEST_CASE("read_image: other kinds of PNG files become red, green and blue") {
  const support::TemporaryFolder folder;
  const auto pixels_of = [&](png_uint_32 format, const auto& values) {
    write(folder.path / "a.png", encode_png(1, 2, format, values.data()));
    return read_image(folder.path / "a.png").x;
  };
  CHECK(pixels_of(PNG_FORMAT_GRAY, Bytes{7, 200}) == Matrix<>{{7}, {7}, {7}, {200}, {200}, {200}});
  // A pixel that is seen through, and one that is not.
  CHECK(pixels_of(PNG_FORMAT_RGBA, Bytes{1, 2, 3, 0, 4, 5, 6, 255}) ==
        Matrix<>{{255}, {255}, {255}, {4}, {5}, {6}});
}

TEST_CASE("read_image: gray is the luma of a color") {
  const support::TemporaryFolder folder;
  write(folder.path / "a.png", encode_png(1, 2, PNG_FORMAT_RGB, Bytes{100, 0, 0, 10, 20, 30}.data()));
  const Dataset image = read_image<double>(folder.path / "a.png", {.colors = Colors::gray});
  CHECK(image.shape == Shape{1, 1, 2});
  CHECK(image.x.isApprox(Matrix<double>{{29.9}, {2.99 + 11.74 + 3.42}}, 1e-12));
}

TEST_CASE("read_image: a JPEG file keeps its pixels, but for its compression") {
  const support::TemporaryFolder folder;
  Bytes pixels(3 * 16 * 24);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>(40 + i / 3 % 24 * 4 + i % 3 * 20);
  write(folder.path / "a.JPEG", encode_jpeg(16, 24, pixels));
  const Dataset image = read_image(folder.path / "a.JPEG");
  CHECK(image.shape == Shape{3, 16, 24});
  for (Index i = 0; i < image.x.rows(); ++i)
    CHECK(std::abs(image.x(i, 0) - static_cast<float>(pixels[static_cast<std::size_t>(i)])) <= 4);
}

TEST_CASE("read_image: resized images equal PyTorch's") {
  // torch.nn.functional.interpolate(x, size, mode="bilinear", antialias=True) of (7 i i + 13 j + 5 i j) mod 31
  const support::TemporaryFolder folder;
  Bytes pixels;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 7; ++j)
      pixels.push_back(static_cast<std::uint8_t>((7 * i * i + 13 * j + 5 * i * j) % 31));
  write(folder.path / "a.png", encode_png(5, 7, PNG_FORMAT_GRAY, pixels.data()));
  const auto resized = [&](Index height, Index width) {
    return read_image<double>(folder.path / "a.png",
                              {.height = height, .width = width, .colors = Colors::gray, .resize = true})
        .x;
  };
  const Matrix<double> smaller{{10.29931972789116},  {18.908571428571427}, {15.594285714285713},
                               {12.115646258503402}, {19.70370370370371},  {16.400000000000002},
                               {19.040000000000006}, {15.021164021164026}, {17.537414965986397},
                               {24.274285714285718}, {24.011428571428578}, {14.510204081632656}};
  CHECK(resized(3, 4).isApprox(smaller, 1e-12));
  const Matrix<double> mixed{
      {9.272727272727272},  {14.252066115702478}, {19.94214876033058},  {17.946280991735538},
      {16.975206611570247}, {16.77272727272727},  {19.260330578512395}, {17.13636363636364},
      {8.863636363636362},  {12.888429752066108}, {17.227272727272727}, {13.136363636363635},
      {18.17768595041322},  {23.95454545454545},  {22.045454545454543}, {20.648760330578508},
      {19.636363636363633}, {22.210743801652892}, {22.863636363636363}, {20.954545454545453},
      {14.433884297520667}, {9.227272727272727}};
  CHECK(resized(2, 11).isApprox(mixed, 1e-12));
}

TEST_CASE("read_image: files that are cut short, damaged or of other formats are refused") {
  const support::TemporaryFolder folder;
  const Bytes pixels = some_pixels(3 * 16 * 16);
  const std::string png = encode_png(16, 16, PNG_FORMAT_RGB, pixels.data()),
                    jpeg = encode_jpeg(16, 16, pixels);
  const auto read = [](const std::string& bytes) {
    return detail::ImageDecoder{"read_image", "a", bytes}.decode();
  };
  for (const std::string& whole : {png, jpeg}) {
    REQUIRE(read(whole).height == 16);
    for (std::size_t size = 0; size + 12 < whole.size(); size += 7)
      CHECK_THAT(error_of([&] { read(whole.substr(0, size)); }),
                 ContainsSubstring("read_image: a: expected"));
    Rng rng{1};
    for (int i = 0; i < 300; ++i) {  // any result but a crash
      std::string damaged = whole;
      for (int k = 0; k < 3; ++k)
        damaged[static_cast<std::size_t>(rng.below(static_cast<std::int64_t>(whole.size())))] =
            static_cast<char>(rng.below(256));
      try {
        read(damaged);
      } catch (const FormatError&) {
      }
    }
  }
  CHECK_THAT(error_of([&] { read("GIF89a"); }), ContainsSubstring("expected an image in PNG or JPEG format"));
  CHECK_THAT(error_of([&] { read(png.substr(0, 60)); }), ContainsSubstring("expected a valid image, got: "));
  CHECK_THAT(error_of([&] { read_image(folder.path / "none.png"); }), ContainsSubstring("file not found"));
  CHECK_THAT(error_of([&] { read_image(folder.path); }), ContainsSubstring("expected"));
}

TEST_CASE("read_image: the header of a small file does not ask for much memory") {
  std::string jpeg = encode_jpeg(16, 16, some_pixels(3 * 16 * 16));
  // After FF C0 come the length, the precision, and the height and width, two bytes each.
  const std::size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  for (std::size_t i = 5; i < 9; ++i) jpeg[frame + i] = '\x7F';
  CHECK_THAT(error_of([&] {
               detail::ImageDecoder{"read_image", "a", jpeg}.decode();
             }),
             ContainsSubstring("expected pixels in proportion to the"));
}

TEST_CASE("read_image: the images of the fuzzer's corpus are read") {
  const std::filesystem::path corpus{DESCENT_TESTS_DIR "/fuzz/corpus/images"};
  CHECK(read_image(corpus / "shape.png").shape == Shape{3, 32, 32});
  CHECK(read_image(corpus / "progressive.jpg").shape == Shape{3, 10, 12});
}

TEST_CASE("ImageFolder: the names of the folders, in order, are the classes") {
  const support::TemporaryFolder folder;
  write(folder.path / "dog" / "b.png", row({3, 3}));
  write(folder.path / "cat" / "2.png", row({2, 2}));
  write(folder.path / "cat" / "1.PNG", row({1, 1}));
  write(folder.path / "cat" / "notes.txt", "none");
  write(folder.path / ".hidden" / "c.png", row({4, 4}));
  write(folder.path / "readme.png", row({5, 5}));
  const ImageFolder<> images{folder.path, {.colors = Colors::gray}};
  CHECK(images.samples() == 3);
  CHECK(images.shape() == Shape{1, 1, 2});
  CHECK(images.class_names() == std::vector<std::string>{"cat", "dog"});
  CHECK(images.labels() == Matrix<>{{0, 0, 1}});
  const Dataset all = images.load();
  CHECK(all.x == Matrix<>{{1, 2, 3}, {1, 2, 3}});
  CHECK(all.y == Matrix<>{{0, 0, 1}});
  CHECK(all.class_names == images.class_names());
  CHECK(all.shape == images.shape());

  ThreadWorkers workers{2};
  const std::array<Index, 3> some{2, 0, 2};
  Matrix<> x, y;
  images.read(some, x, y, workers);
  CHECK(x == Matrix<>{{3, 1, 3}, {3, 1, 3}});
  CHECK(y == Matrix<>{{1, 0, 1}});
  const std::array<Index, 1> none{3};
  CHECK_THAT(support::message_of<DataError>([&] { images.read(none, x, y); }),
             ContainsSubstring("ImageFolder: expected the index of one of 3 images, got 3"));
}

TEST_CASE("ImageFolder: folders and sizes that do not fit are refused") {
  const support::TemporaryFolder folder;
  const auto open = [&](const ImageOptions& options = {}) {
    return ImageFolder<>{folder.path / "set", options};
  };
  CHECK_THAT(error_of([&] { open(); }), ContainsSubstring("expected a folder that can be read, got: "));
  std::filesystem::create_directories(folder.path / "set");
  CHECK_THAT(error_of([&] { open(); }), ContainsSubstring("expected a folder for each class, got none"));
  std::filesystem::create_directories(folder.path / "set" / "cat");
  CHECK_THAT(error_of([&] { open(); }),
             ContainsSubstring("expected PNG or JPEG files in each folder of a class"));
  write(folder.path / "set" / "cat" / "1.png", row({1, 2}));
  write(folder.path / "set" / "cat" / "2.png", row({1, 2, 3}));
  CHECK_THAT(error_of([&] { open().load(); }),
             ContainsSubstring("2.png: expected an image of 1 x 2 pixels, got 1 x 3; set .resize = true"));
  CHECK(open({.resize = true}).load().x.cols() == 2);
  CHECK_THAT(support::message_of<DataError>([&] { open({.height = 3}); }),
             ContainsSubstring("expected .height and .width from 1 to 16384, or both 0, got 3 and 0"));
}

}  // namespace images_test
