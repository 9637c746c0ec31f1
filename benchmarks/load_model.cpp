// The time to load a model file of 100 MB, compared with reading its bytes.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <descent/descent.hpp>
#include <descent/io/model_file.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

using namespace descent;

namespace {

using Net = Sequential<Dense<>, ReLU<>, Dense<>>;

Net network() {
  Rng rng{1};
  return Sequential{Dense{3500, 3500, rng}, ReLU{}, Dense{3500, 3500, rng}};
}

/// A temporary model file, removed at the end of the program.
class File {
 public:
  File() { save_model(path, network(), {.golden = Matrix<>::Ones(3500, 1)}); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path); }

  const std::filesystem::path path = std::filesystem::temp_directory_path() / "descent_load_model.model";
};

const File& file() {
  static const File saved;
  return saved;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(std::filesystem::file_size(file().path)));
}

/// Reads the file into new memory, in pieces of the size that load_model uses.
void read_bytes(benchmark::State& state) {
  const std::size_t size = std::filesystem::file_size(file().path), piece = std::size_t{1} << 18;
  for (auto _ : state) {
    const std::unique_ptr<char[]> bytes{new char[size]};
    std::ifstream in{file().path, std::ios::binary};
    for (std::size_t i = 0; i < size; i += piece)
      in.read(bytes.get() + i, static_cast<std::streamsize>(std::min(piece, size - i)));
    benchmark::DoNotOptimize(bytes[size - 1]);
  }
  count_bytes(state);
}
BENCHMARK(read_bytes)->Unit(benchmark::kMillisecond);

void load_into_sequential(benchmark::State& state) {
  Net net = network();
  for (auto _ : state) load_model(file().path, net);
  count_bytes(state);
}
BENCHMARK(load_into_sequential)->Unit(benchmark::kMillisecond);

void load_network(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load_model(file().path).network);
  count_bytes(state);
}
BENCHMARK(load_network)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
