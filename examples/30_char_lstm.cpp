// Lesson 30: a language model of characters. An LSTM reads a text and predicts each next character; then it writes.
//
//   30_char_lstm --seed 1
//   bible -f Gen1:1-Rev22:21 > kjv.txt                          (Debian's package bible-kjv)
//   30_char_lstm --text kjv.txt --epochs 6 --hidden 256 --steps 64 --rate 3e-3 --threads 2

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

using namespace descent;

namespace {

/// Cuts a text into sequences of `steps` characters, each with the character that follows as its target.
Dataset<> sequences(const std::string& text, const std::string& alphabet, Index steps) {
  const auto token = [&](std::size_t at) { return static_cast<float>(alphabet.find(text[at])); };
  const Index samples = (static_cast<Index>(text.size()) - 1) / steps;
  Dataset<> data{
      .x = Matrix<>(steps, samples), .y = Matrix<>(steps, samples), .shape = {.channels = 1, .width = steps}};
  for (Index k = 0; k < samples * steps; ++k) {
    data.x.data()[k] = token(static_cast<std::size_t>(k));
    data.y.data()[k] = token(static_cast<std::size_t>(k + 1));
  }
  return data;
}

/// Writes `count` characters: each is drawn from the predicted probabilities and is the next input. The state of the LSTM
/// is passed from one character to the next.
template <class Net>
std::string written(const Net& net, const std::string& alphabet, std::string text, int count,
                    double temperature, Rng& rng) {
  typename Net::Cache cache;
  auto& [embedding_cache, lstm_cache, dense_cache] = cache.layers;
  LSTM<>::State state;
  const Pass pass = Pass::inference();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Matrix<> token{{static_cast<float>(alphabet.find(text[at]))}};
    const Batch<> embedded = net.template layer<0>().forward(token, embedding_cache, pass);
    const Batch<> hidden = net.template layer<1>().forward(embedded, state, lstm_cache, pass);
    const Vector<> logits = net.template layer<2>().forward(hidden, dense_cache, pass).col(0);
    if (at + 1 < text.size() || count-- <= 0) continue;
    const Vector<> shares = ((logits.array() - logits.maxCoeff()) / static_cast<float>(temperature)).exp();
    double left = rng.uniform() * static_cast<double>(shares.sum());
    Index next = 0;
    while (next + 1 < shares.size() && (left -= static_cast<double>(shares[next])) > 0) ++next;
    text += alphabet[static_cast<std::size_t>(next)];
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string path = EXAMPLES_DATA "genesis.txt", begin = "And ";
  int epochs = 12, threads = 1, count = 200;
  Index hidden = 96, steps = 50;
  double rate = 5e-3, temperature = 0.7;
  std::uint64_t seed = 1;
  CLI::App app{"Trains a language model of characters and writes with it."};
  app.option_defaults()->always_capture_default();
  app.add_option("--text", path, "text to learn; its last tenth is the validation set");
  app.add_option("--epochs", epochs, "passes through the text");
  app.add_option("--hidden", hidden, "size of the hidden state");
  app.add_option("--steps", steps, "characters of a sequence");
  app.add_option("--rate", rate, "initial learning rate");
  app.add_option("--threads", threads, "threads that share each operation");
  app.add_option("--begin", begin, "begin of the text to write");
  app.add_option("--count", count, "characters to write");
  app.add_option("--temperature", temperature, "below 1: safer characters, above 1: more surprising ones");
  app.add_option("--seed", seed, "seed of initialization, order and writing");
  CLI11_PARSE(app, argc, argv);

  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.size() < 1000)
    throw DataError("30_char_lstm", "expected a text of 1000 characters", "pass --text");
  std::string alphabet;
  for (const char c : text + begin)
    if (alphabet.find(c) == std::string::npos) alphabet += c;
  const std::size_t split = text.size() / 10 * 9;
  const Dataset<> train = sequences(text.substr(0, split), alphabet, steps),
                  dev = sequences(text.substr(split), alphabet, steps);

  const auto characters = static_cast<Index>(alphabet.size());
  Rng rng{seed};
  Sequential net{Embedding{characters, 32, rng}, LSTM{32, hidden, rng},
                 Dense{hidden, characters, rng, XavierNormal{}}};
  std::printf("%zu characters, %d of them different\n", text.size(), static_cast<int>(characters));

  // An epoch has the loss in nats; 1 bit is log 2 of them.
  const Cosine decay{.initial = rate, .steps = epochs};
  const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = decay},
                              {.epochs = epochs,
                               .batch_size = 32,
                               .validation = &dev,
                               .clip = ClipByGlobalNorm{1},
                               .threads = threads,
                               .seed = seed});

  std::cout << '\n' << written(net, alphabet, begin, count, temperature, rng) << "\n\n";
  std::printf("bits per character of the validation set: %.3f\n", history["val_loss"].back() / std::log(2.0));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
