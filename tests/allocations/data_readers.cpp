#include <descent/io/csv.hpp>
#include <descent/io/idx.hpp>
#include <descent/io/npy.hpp>
#include <string>

#include "allocations/reader_memory.hpp"
#include "catch.hpp"
#include "fuzz/feed_checkpoint.hpp"

namespace data_readers {

using namespace descent;

// The bounds are documented with the readers. The numbers are double, which takes the most memory.

TEST_CASE("read_csv: memory is at most 48 times the file or 80 times with most values missing") {
  const auto ratio = [](const std::string& file, const CsvOptions& options) {
    return memory_over_size(file, [&](std::istream& in) { read_csv<double>(in, options); });
  };
  const auto check = [&](const std::string& file, const CsvOptions& options) {
    CAPTURE(file.substr(0, 20));
    CHECK(ratio(file, options) < 48);
  };
  const CsvOptions target{.target = "0", .header = false}, label{.label = "0", .header = false};
  for (const char* line : {"1,2\n", "1,2\r"}) check(repeated(line, many), target);
  check("1" + repeated(",1", many) + "\n", target);
  // Here each byte is a column, with a name and a number.
  CHECK(ratio("1" + repeated(",", many) + "\n", {.target = "0", .header = false, .missing = Missing::zero}) <
        80);
  check(repeated("1,2\n", many), label);
  check(repeated("a,2\n", many), label);
  std::string classes;
  for (int i = 0; i < many; ++i) classes += detail::joined(i, "a,2\n");
  check(classes, label);
  const std::string values = "1" + repeated(",1", many) + "\n";
  for (const char* name : {",b", ","}) check("a" + repeated(name, many) + "\n" + values, {.target = "a"});
  for (const char* text : {",", "a", "\n", "\r", "\"\"", "\"", " "})
    check(repeated(text, many), {.target = "a"});
}

TEST_CASE("read_idx_images: memory is at most 12 times the file") {
  const std::string pixels(1 << 20, '\1');
  const std::string images = std::string{"\0\0\x08\3\0\0\0\1\0\0\4\0\0\0\4\0", 16} + pixels;
  CHECK(memory_over_size(images, [](std::istream& in) { read_idx_images<double>(in); }) < 12);
  const std::string labels = std::string{"\0\0\x08\1\0\x10\0\0", 8} + pixels;
  CHECK(memory_over_size(labels, [](std::istream& in) { read_idx_labels<double>(in); }) < 12);
  // The declared size is larger than the file.
  CHECK(memory_over_size(std::string{"\0\0\x08\3\x7F\0\0\1\0\0\4\0\0\0\4\0", 16} + pixels,
                         [](std::istream& in) { read_idx_images<double>(in); }) < 12);
}

TEST_CASE("read_npy: memory is at most 12 times the file") {
  const auto file = [](std::string header) {
    return std::string{"\x93NUMPY\1\0", 8} + static_cast<char>(header.size() & 0xFF) +
           static_cast<char>(header.size() >> 8) + header;
  };
  const auto read = [](std::istream& in) { read_npy<double>(in); };
  const std::string bytes(1 << 20, '\1');
  CHECK(memory_over_size(file("{'descr': '|u1', 'fortran_order': False, 'shape': (1024, 1024), }") + bytes,
                         read) < 12);
  CHECK(memory_over_size(file("{'descr': '|u1', 'fortran_order': False, 'shape': (1024, 1048576), }") + bytes,
                         read) < 12);
  CHECK(memory_over_size(file("{'descr': '" + repeated("(", 60'000) + "'}"), read) < 12);
}

TEST_CASE("CheckpointReader: memory is at most 4 times the file") {
  auto trainer = fuzz::some_trainer();
  trainer.run(fuzz::some_data(), 3000);  // the history is most of the file
  detail::CheckpointWriter<XXH64> writer;
  trainer.visit_members(writer);
  const std::string file = std::move(writer).finish();
  auto again = fuzz::some_trainer();
  const auto read = [&](std::istream& in) {
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    detail::CheckpointReader<XXH64> reader{bytes, "test"};
    again.visit_members(reader);
  };
  CHECK(memory_over_size(file, read) < 4);
  CHECK(again.history().epochs() == 3000);
}

}  // namespace data_readers
