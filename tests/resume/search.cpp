// Searches for hyper-parameters with the files of the search in the folder of CHECKPOINT, resumes the search if it was
// begun there, and writes its table:  search CHECKPOINT TABLE

#include <cstdint>
#include <descent/descent.hpp>
#include <descent/search.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

using namespace descent;

namespace {

struct Settings {
  double rate = 0;
  Index width = 0;
  static void visit(auto&& f, auto& s) {
    f(Range{"rate", 1e-4, 1, Scale::log}, s.rate);
    f(Range{"width", 4, 32, Scale::log}, s.width);
  }
};

}  // namespace

int main(int, char** arguments) {
  const Dataset all = blobs({.samples = 600, .classes = 4, .features = 16, .spread = 3, .seed = 1});
  const auto parts = split(all, {.train = 0.8, .dev = 0.2});
  const auto start = [&](const Settings& s, std::uint64_t seed) {
    if (s.width == 5) throw std::runtime_error{"no network of this width"};
    Rng rng{seed};
    return trial(Trainer{Sequential{Dense{16, s.width, rng}, BatchNorm{s.width}, ReLU{},
                                    Dropout{{.keep = 0.8}}, Dense{s.width, 4, rng}},
                         SoftmaxCrossEntropy{},
                         Adam{.learning_rate = s.rate},
                         {.validation = &parts.dev, .metrics = {Accuracy{}}, .seed = seed}},
                 parts.train);
  };
  const auto trials =
      search<Settings>(start, {.trials = 18,
                               .epochs = 9,
                               .repeats = 2,
                               .threads = 2,
                               .folder = std::filesystem::path{arguments[1]}.parent_path().string(),
                               .progress = silent});
  std::ofstream out{arguments[2], std::ios::binary};
  trials.write_json(out);
  return out.flush() ? 0 : 1;
}
