// Compiled only if CMake found zlib.
#ifdef DESCENT_TEST_GZIP

#include "descent/io/gzip.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include "catch.hpp"
#include "descent/io/csv.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace gzip_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;

namespace {

struct Folder : support::TemporaryFolder {
  std::filesystem::path packed(const std::string& name, const std::string& bytes) const {
    const auto file = path / name;
    const gzFile out = gzopen(file.string().c_str(), "wb");
    gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(out);
    return file;
  }
};

const std::string images{"\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3\4", 20};
const std::string labels{"\0\0\x08\1\0\0\0\2\0\1", 10};

}  // namespace

TEST_CASE("read_idx_gzip: reads compressed and uncompressed files") {
  const Folder folder;
  std::ofstream{folder.path / "plain", std::ios::binary} << labels;
  const auto packed_images = folder.packed("images.gz", images),
             packed_labels = folder.packed("labels.gz", labels);
  for (const auto& file : {packed_labels, folder.path / "plain"}) {
    const Dataset<> data = read_idx_gzip({.images = packed_images, .labels = file});
    CHECK(data.x == Matrix<>{{1, 3}, {2, 4}});
    CHECK(data.y == Matrix<>{{0, 1}});
  }
}

TEST_CASE("GzipFile: any reader of streams reads a compressed file") {
  const Folder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 20000; ++i) text += detail::joined(i, ',', -i, '\n');
  GzipFile in{folder.packed("table.csv.gz", text)};
  const Dataset<> data = read_csv(in, {.target = "b"}, "table.csv.gz");
  CHECK(data.samples() == 20000);
  CHECK(data.x == -data.y);
}

TEST_CASE("GzipFile: a missing or truncated or damaged file is reported by name") {
  const Folder folder;
  CHECK_THAT(message_of<FormatError>([] { GzipFile{"missing.gz"}; }),
             ContainsSubstring("GzipFile: expected a readable file at \"missing.gz\", file not found"));

  const auto path = folder.packed("images.gz", images);
  const auto size = std::filesystem::file_size(path);
  const auto read = [&] {
    GzipFile in{path};
    read_idx_images(in, path.string());
  };
  SECTION("truncated") {
    std::filesystem::resize_file(path, size - 6);
    CHECK_THAT(message_of<FormatError>(read), ContainsSubstring("images.gz"));
  }
  SECTION("damaged") {
    std::fstream{path, std::ios::in | std::ios::out | std::ios::binary}.seekp(14) << "\xFF\xFF";
    CHECK_THAT(message_of<FormatError>(read), ContainsSubstring("GzipFile: ") &&
                                                  ContainsSubstring("images.gz") &&
                                                  ContainsSubstring(": expected a valid gzip file, got: "));
  }
}

}  // namespace gzip_test

#endif
