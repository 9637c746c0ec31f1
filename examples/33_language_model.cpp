// Lesson 33: a language model. A small transformer reads characters and predicts the next one, at every step of a text
// at once: causal attention lets a step see only itself and those before it. Then it writes a text of its own.
//
//   33_language_model
//   33_language_model --text book.txt --length 128 --features 128 --blocks 4 --epochs 5
//
// Without a file it learns a nursery rhyme. The King James Bible is in Debian's bible-kjv-text: bible -f gen1:1-rev22:21.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

using namespace descent;

/// "This is the house that Jack built", whose verses each begin with one more line.
std::string rhyme() {
  const std::vector<std::string> lines{"the horse and the hound and the horn\nThat belonged to",
                                       "the farmer sowing his corn\nThat kept",
                                       "the cock that crowed in the morn\nThat waked",
                                       "the priest all shaven and shorn\nThat married",
                                       "the man all tattered and torn\nThat kissed",
                                       "the maiden all forlorn\nThat milked",
                                       "the cow with the crumpled horn\nThat tossed",
                                       "the dog\nThat worried",
                                       "the cat\nThat killed",
                                       "the rat\nThat ate",
                                       "the malt\nThat lay in",
                                       "the house that Jack built.\n\n"};
  std::string text;
  for (std::size_t first = lines.size(); first-- > 0;) {
    text += "This is ";
    for (std::size_t i = first; i < lines.size(); ++i) text += lines[i] + (i + 1 < lines.size() ? " " : "");
  }
  return text;
}

/// The characters of a text, numbered in the order of their codes.
class Alphabet {
 public:
  explicit Alphabet(const std::string& text) : numbers_(256, -1) {
    for (const char c : text) numbers_[static_cast<unsigned char>(c)] = 0;
    for (std::size_t code = 0; code < numbers_.size(); ++code)
      if (numbers_[code] == 0) {
        numbers_[code] = static_cast<Index>(characters_.size());
        characters_ += static_cast<char>(code);
      }
  }
  Index size() const { return static_cast<Index>(characters_.size()); }
  Index number(char c) const { return numbers_[static_cast<unsigned char>(c)]; }
  char character(Index number) const { return characters_[static_cast<std::size_t>(number)]; }

 private:
  std::vector<Index> numbers_;
  std::string characters_;
};

/// Cuts a text into sequences of `length` characters, which overlap, so that each character is at many positions; the
/// targets are the next characters.
Dataset<> sequences(const std::string& text, const Alphabet& alphabet, Index length) {
  const Index stride = std::max(Index{1}, length / 8),
              count = (static_cast<Index>(text.size()) - length - 1) / stride + 1;
  Dataset<> data{.x = Matrix<>(length, count), .y = Matrix<>(length, count), .shape = {.width = length}};
  for (Index j = 0; j < count; ++j)
    for (Index t = 0; t < length; ++t) {
      const auto at = static_cast<std::size_t>(j * stride + t);
      data.x(t, j) = static_cast<float>(alphabet.number(text[at]));
      data.y(t, j) = static_cast<float>(alphabet.number(text[at + 1]));
    }
  return data;
}

/// Writes `count` characters after a beginning; the lower the temperature, the likelier each of them.
std::string write(const DynamicSequential<>& net, const Alphabet& alphabet, Index length, std::string text,
                  int count, float temperature, Rng& rng) {
  const Index size = alphabet.size();
  for (int i = 0; i < count; ++i) {
    const auto known = std::min(length, static_cast<Index>(text.size()));
    const std::string_view last =
        std::string_view{text}.substr(text.size() - static_cast<std::size_t>(known));
    Vector<> x(known);
    for (Index t = 0; t < known; ++t)
      x(t) = static_cast<float>(alphabet.number(last[static_cast<std::size_t>(t)]));
    const Matrix<> y = predict(net, Batch<>{x, Shape{.width = known}});
    Vector<> p = y.col(0).tail(size) / temperature;
    p = (p.array() - p.maxCoeff()).exp();
    double draw = rng.uniform() * static_cast<double>(p.sum());
    Index next = 0;
    while (next + 1 < size && (draw -= static_cast<double>(p(next))) > 0) ++next;
    text += alphabet.character(next);
  }
  return text;
}

int main(int argc, char** argv) try {
  std::string file, begin = "This is ";
  int epochs = 15, blocks = 2, written = 300;
  Index length = 48, features = 48, heads = 4;
  float temperature = 0.5F;
  std::uint64_t seed = 1;
  CLI::App app{"Trains a small transformer to write a text, character by character."};
  app.option_defaults()->always_capture_default();
  app.add_option("--text", file, "text to learn; by default a nursery rhyme");
  app.add_option("--begin", begin, "beginning of the text that is written");
  app.add_option("--length", length, "characters that the network reads");
  app.add_option("--features", features, "features of a character");
  app.add_option("--heads", heads, "heads of attention");
  app.add_option("--blocks", blocks, "blocks of attention");
  app.add_option("--epochs", epochs, "passes through the text");
  app.add_option("--write", written, "characters to write");
  app.add_option("--temperature", temperature, "0.1 writes the likeliest characters, 1 as the text has them");
  app.add_option("--seed", seed, "seed of initialization, order and writing");
  CLI11_PARSE(app, argc, argv);

  std::string text = rhyme();
  if (!file.empty()) {
    std::ifstream in{file, std::ios::binary};
    if (!in) throw FormatError("33_language_model", "file not found: " + file, "pass the name of a text");
    text.assign(std::istreambuf_iterator<char>{in}, {});
  }
  if (static_cast<Index>(text.size()) < 2 * length || length < 2)
    throw DataError("33_language_model", "expected a text of at least two sequences", "pass a longer one");
  const Alphabet alphabet{text};
  for (const char c : begin)
    if (begin.empty() || alphabet.number(c) < 0)
      throw DataError("33_language_model", "expected a beginning in characters of the text", "pass --begin");
  const Dataset<> data = sequences(text, alphabet, length);

  Rng rng{seed};
  DynamicSequential<> net{Embedding{alphabet.size(), features, rng, Normal{.deviation = 0.1}},
                          PositionEmbedding{length, features, rng}};
  for (int i = 0; i < blocks; ++i) net.add(encoder_block(features, rng, {.heads = heads, .causal = true}));
  net.add(LayerNorm{features}).add(Dense{features, alphabet.size(), rng, XavierNormal{}});
  std::cout << summary(net, data.shape) << '\n';

  fit(net, data, SoftmaxCrossEntropy{}, AdamW{.learning_rate = 3e-3, .weight_decay = 0.01},
      {.epochs = epochs, .batch_size = 16, .clip = ClipByGlobalNorm{.limit = 1}, .seed = seed});

  const double loss = evaluate(net, data, MeanLoss{SoftmaxCrossEntropy{}});
  std::printf("\nbits per character: %.2f\n\n", loss / std::log(2));
  std::cout << write(net, alphabet, length, begin, written, temperature, rng) << '\n';
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
