// Lesson 14: a network that PyTorch has trained.
//
// examples/data/iris_pytorch.py trains a small classifier of irises and saves its weights as safetensors. Here
// the same layers are written down again, take those weights, and give the same outputs. Then the network is
// saved as a model file, which holds the layers too, and comes back without being written down a third time.

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

  // The structure is ours to give. A generator for first values is needed all the same: the file replaces them.
  Rng rng{1};
  Sequential net{BatchNorm{4}, Dense{4, 16, rng}, ReLU{}, Dense{16, 3, rng}};

  // PyTorch calls the layers as the Python program did, and gamma and beta `weight` and `bias`. The file also
  // holds a counter of batches, which nobody needs here.
  load_safetensors(
      EXAMPLES_DATA "iris_pytorch.safetensors", net,
      {.names = pytorch_names({{"0", "norm"}, {"1", "fc1"}, {"3", "fc2"}}), .ignore_others = true});

  const Matrix<> ours = predict(net, data.x);
  const Matrix<> theirs = read_npy(EXAMPLES_DATA "iris_pytorch.npy").transpose();  // one row a sample there
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
  std::printf("flower 60 is %s, says the model file\n", labels[static_cast<std::size_t>(kind)].c_str());
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
