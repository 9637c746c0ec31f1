// Lesson 14: a network trained by PyTorch.
//
// examples/data/iris_pytorch.py trains a small classifier of irises and saves its weights as safetensors. This
// program defines the same layers, loads the weights, and computes the same outputs. Then it saves the network as a
// model file, which contains the layers too, and loads it without a definition.

#include <cstdio>
#include <descent/descent.hpp>
#include <descent/io/model_file.hpp>
#include <descent/io/safetensors.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace descent;

int main() try {
  const Dataset data = read_csv(EXAMPLES_DATA "iris.csv", {.label = "label"});

  // safetensors has no layers, so they are defined here. The file replaces the random initial weights.
  Rng rng{1};
  Sequential net{BatchNorm{4}, Dense{4, 16, rng}, ReLU{}, Dense{16, 3, rng}};

  // The file has the names of the Python program, with `weight` and `bias` for gamma and beta. It also has a counter
  // of batches, which is ignored.
  load_safetensors(
      EXAMPLES_DATA "iris_pytorch.safetensors", net,
      {.names = pytorch_names({{"0", "norm"}, {"1", "fc1"}, {"3", "fc2"}}), .ignore_others = true});

  const Matrix<> ours = predict(net, data.x);
  const Matrix<> theirs =
      read_npy(EXAMPLES_DATA "iris_pytorch.npy").transpose();  // one row per sample in the file
  std::printf("flower       PyTorch                       here\n");
  for (const Index flower : {0, 60, 120})
    std::printf("%-6d  %8.4f %8.4f %8.4f   %8.4f %8.4f %8.4f\n", static_cast<int>(flower), theirs(0, flower),
                theirs(1, flower), theirs(2, flower), ours(0, flower), ours(1, flower), ours(2, flower));
  std::printf("largest difference below 0.0001: %s\n",
              (ours - theirs).cwiseAbs().maxCoeff() < 1e-4F ? "yes" : "no");
  std::printf("accuracy: %.3f\n", evaluate(net, data, Accuracy{}));

  const std::vector<std::string> names{"setosa", "versicolor", "virginica"};
  save_model("iris.model", net, {.golden = data.x.leftCols(4), .labels = names});
  const auto [network, shape, labels, version] = load_model("iris.model");
  const Index kind = predict_classes(network, data.x.middleCols(60, 1))[0];
  std::printf("predicted by the model file: flower 60 is %s\n",
              labels[static_cast<std::size_t>(kind)].c_str());
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
