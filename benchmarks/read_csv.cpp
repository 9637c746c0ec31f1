// The time and the memory to read a CSV file of numbers into a data set, and into a table.
//
//   read_csv [MEGABYTES [COLUMNS]]      200 and 20 by default
//
// The memory is the growth of the peak of the process, as a multiple of the numbers that were read.

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <descent/descent.hpp>
#include <descent/tables.hpp>
#include <filesystem>
#include <fstream>
#include <string>

using namespace descent;

namespace {

/// Returns a value of /proc/self/status in bytes, 0 where there is none.
double memory(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return 1024 * std::strtod(line.c_str() + name.size() + 1, nullptr);
  return 0;
}

void write_numbers(const std::filesystem::path& path, double megabytes, int columns) {
  std::ofstream out{path, std::ios::binary};
  Rng rng{1};
  std::string text;
  for (int c = 0; c < columns; ++c) text += (c > 0 ? ",c" : "c") + std::to_string(c);
  text += '\n';
  for (double written = 0; written < 1e6 * megabytes; text.clear()) {
    for (int c = 0; c < columns; ++c) {
      char digits[32];
      const double number = 100 * rng.normal();
      if (c > 0) text += ',';
      text.append(digits,
                  std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 6).ptr);
    }
    text += '\n';
    written += static_cast<double>(text.size());
    out << text;
  }
}

void report(const char* what, const std::filesystem::path& path, auto&& read) {
  const double before = memory("VmRSS:");
  std::ofstream{"/proc/self/clear_refs"} << 5;  // resets the peak
  const std::clock_t start = std::clock();      // of this process, so that others that run do not count
  const double numbers = read();
  const double time = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("%-12s %6.0f MB/s   memory %.2f times the numbers\n", what,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6 / time,
              (memory("VmHWM:") - before) / numbers);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "descent_read_csv.csv";
  write_numbers(path, argc > 1 ? std::atof(argv[1]) : 200, argc > 2 ? std::atoi(argv[2]) : 20);
  for (int i = 0; i < 3; ++i)
    report("read_csv", path, [&] {
      const Dataset<> data = read_csv(path, {});
      return static_cast<double>(sizeof(float)) * static_cast<double>(data.x.size());
    });
  report("read_table", path, [&] {
    const Table table = read_table(path);
    return static_cast<double>(sizeof(double) * table.columns.size()) * static_cast<double>(table.rows());
  });
  std::filesystem::remove(path);
}
