// Lesson 15: export as ONNX. A classifier of digits is trained, written as digits.onnx, read back and fine-tuned;
// 15_onnx.mjs runs the file under Node.js.
//
//   15_onnx --epochs 20 --seed 1

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/io/onnx.hpp>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv";
  int epochs = 20;
  std::uint64_t seed = 1;
  CLI::App app{"Trains a network to read handwritten digits, and writes it as digits.onnx."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 64 pixels and a label per line");
  app.add_option("--epochs", epochs, "passes through the training set");
  app.add_option("--seed", seed, "seed of split, initialization, order and dropout");
  CLI11_PARSE(app, argc, argv);

  const Dataset digits = read_csv(data, {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = seed});

  // The normalization is the first layer, so the exported network takes raw pixels.
  Rng rng{seed};
  DynamicSequential net{Standardize{train.x},   Dense{64, 64, rng, Bias::none},
                        BatchNorm{64},          ReLU{},
                        Dropout{{.keep = 0.8}}, Dense{64, 10, rng}};
  FitOptions<DynamicSequential<>> options{
      .epochs = epochs, .batch_size = 32, .validation = &dev, .seed = seed, .progress = silent};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3}, options);
  std::printf("test accuracy: %.4f\n", evaluate(net, test, Accuracy{}));

  // The exported network outputs probabilities, and its batch normalization is folded into the Dense before it.
  save_onnx("digits.onnx", net, {.softmax = true});
  std::cout << "wrote digits.onnx; node examples/15_onnx.mjs digits.onnx runs it\n";
  std::printf("digits read: %.4f\n", evaluate(net, digits, Accuracy{}));
  const Matrix<> first = softmax(predict(net, digits.x.leftCols(3)));
  for (Index i = 0; i < first.cols(); ++i)
    std::printf("digit %d: a %d, with probability %.3f\n", static_cast<int>(i),
                static_cast<int>(predicted_class(first, i, 0)), static_cast<double>(first.col(i).maxCoeff()));

  // For fine-tuning, export the batch normalization, and no softmax: the loss contains it.
  save_onnx("digits_to_train.onnx", net, {.fold_batch_norm = false});
  DynamicSequential again = load_onnx("digits_to_train.onnx");
  std::printf("read back: %.4f\n", evaluate(again, test, Accuracy{}));
  options.epochs = 2;
  fit(again, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-4}, options);
  std::printf("fine-tuned: %.4f\n", evaluate(again, test, Accuracy{}));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
