// Lesson 42: a trained network as a header without a library, for a microcontroller or a game.
//
//   42_export_header --header digits_net.hpp

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/io/export_header.hpp>
#include <fstream>
#include <iostream>
#include <string>

using namespace descent;

int main(int argc, char** argv) try {
  std::string data = EXAMPLES_DATA "digits.csv", header = "digits_net.hpp", table = "digits_table.hpp";
  std::uint64_t seed = 1;
  CLI::App app{"Trains a network to read digits and writes it as a header of plain C++."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", data, "CSV file with 64 pixels and a label per line");
  app.add_option("--header", header, "file of the network");
  app.add_option("--table", table,
                 "file of all digits and the predictions of this program, for a comparison");
  app.add_option("--seed", seed, "seed of split, initialization and order");
  CLI11_PARSE(app, argc, argv);

  Dataset digits = read_csv(data, {.label = "label"});
  const auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0.1, .stratify = true, .seed = seed});

  // The scaling of the pixels is the first layer, so that the header takes them as they are.
  Rng rng{seed};
  Sequential net{Standardize{train.x},   Dense{64, 64, rng, Bias::none},
                 BatchNorm{64},          ReLU{},
                 Dropout{{.keep = 0.8}}, Dense{64, 10, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 3e-3},
      {.epochs = 15, .seed = seed, .progress = silent});
  std::printf("test accuracy: %.3f\n", evaluate(net, test, Accuracy{}));

  export_header(header, net, {.inputs = train.sample_shape(), .name = "digits", .probabilities = true});
  std::ifstream written{header};
  const std::string text{std::istreambuf_iterator<char>{written}, {}};
  std::printf("%s: %d lines, namespace digits\n", header.c_str(),
              static_cast<int>(std::count(text.begin(), text.end(), '\n')));

  std::ofstream out{table};
  out << "inline constexpr unsigned char pixels[][64] = {";
  for (Index j = 0; j < digits.samples(); ++j) {
    out << "\n{";
    for (const float pixel : digits.x.col(j)) out << static_cast<int>(pixel) << ',';
    out << "},";
  }
  out << "};\ninline constexpr unsigned char predictions[] = {";
  for (const Index digit : predict_classes(net, digits.x)) out << digit << ',';
  out << "};\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
