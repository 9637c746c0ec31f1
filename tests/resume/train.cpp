// Trains a network with a checkpoint after each step, resumes from the checkpoint if it exists, and writes the final
// weights:  train CHECKPOINT WEIGHTS

#include <descent/data/augment/augment.hpp>
#include <descent/data/augment/random_noise.hpp>
#include <descent/descent.hpp>
#include <filesystem>
#include <fstream>

using namespace descent;

int main(int, char** arguments) {
  const std::string checkpoint = arguments[1], weights = arguments[2];
  constexpr Index features = 64, classes = 10, samples = 1280;
  Rng rng{1};
  Dataset<float> train{.x = Matrix<float>(features, samples), .y = Matrix<float>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    for (Index i = 0; i < features; ++i) train.x(i, j) = static_cast<float>(rng.normal());
    Index largest = 0;
    train.x.col(j).head(classes).maxCoeff(&largest);
    train.y(0, j) = static_cast<float>(largest);
  }

  // The batch is large enough for two threads.
  Sequential net{Dense{features, 128, rng}, BatchNorm{128}, ReLU{}, Dropout{{.keep = 0.8}},
                 Dense{128, classes, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 4,
       .batch_size = 256,
       .metrics = {Accuracy{}},
       .augment = Augment{{features}, RandomNoise{.deviation = 0.1}},
       .average_weights = 0.9,
       .early_stopping = EarlyStopping{.monitor = "loss"},
       .checkpoint = {.path = checkpoint, .every_steps = 1},
       .resume_from = std::filesystem::exists(checkpoint) ? checkpoint : "",
       .threads = 2,
       .progress = silent});

  std::ofstream out{weights, std::ios::binary};
  const auto write = [&](const auto&, const auto& leaf) {
    out.write(reinterpret_cast<const char*>(leaf.data()),
              static_cast<std::streamsize>(sizeof(float)) * leaf.size());
  };
  decltype(net)::visit(write, net);
  visit_state<decltype(net)>(write, net);
  return out.flush() ? 0 : 1;
}
