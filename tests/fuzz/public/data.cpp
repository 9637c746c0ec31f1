#include <array>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fuzz/feed.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;

Dataset<double> any_dataset(Source& source) {
  const Index samples = source.count(6);
  Dataset<double> data{.x = source.matrix(3, samples), .y = source.matrix(1, samples)};
  if (source.one_in(4)) data.feature_names.assign(source.below(5), source.text());
  if (source.one_in(4)) data.weights = source.values<double>(source.count(samples), 1);
  if (source.one_in(4)) data.class_names.assign(source.below(5), source.text());
  return data;
}

std::vector<Index> any_indices(Source& source, Index right) {
  std::vector<Index> indices(source.below(6));
  for (Index& i : indices) i = source.size(right);
  return indices;
}

void draw(const auto& data) { data.subset(std::array{Index{0}}); }

void normalize(Source& source, const auto& scale) {
  Matrix<double> x = source.matrix(3, 4);
  scale.apply(x);
  if constexpr (requires { scale.invert(x); }) scale.invert(x);
}

template <class Transform>
void augment(Source& source) {
  const auto side = [&] { return source.one_in(16) ? static_cast<Index>(source.whole()) : source.count(3); };
  const Shape shape{source.flag() ? 1 : side(), side(), side()};
  const auto transform = changed(source, Transform{});
  Matrix<double> x = source.matrix(shape.size() < 100 ? shape.size() : 9, 2);
  if (source.one_in(4)) {
    std::vector<double> scratch;
    Rng rng{1};
    x.resize(9, 1);
    x.setOnes();
    transform(Image<double>{x.data(), {1, 3, 3}}, rng, scratch);
    return;
  }
  const std::vector<Index> samples(static_cast<std::size_t>(source.count(2)), source.size(1));
  Augment{shape, transform, RandomNoise{}}(x, samples, source.byte(), source.whole());
}
}  // namespace

void add_data(Calls& calls) {
  calls.push_back({"split", [](Source& source) {
                     const auto data = any_dataset(source);
                     split(data, changed(source, SplitOptions{}));
                   }});
  calls.push_back({"k_fold", [](Source& source) {
                     const auto data = any_dataset(source);
                     k_fold(data, changed(source, KFoldOptions{}));
                   }});
  calls.push_back({"Dataset: subset", [](Source& source) {
                     const auto data = any_dataset(source);
                     data.subset(any_indices(source, 2));
                   }});
  calls.push_back({"mini-batches", [](Source& source) {
                     const Index samples = source.size(7), batch_size = source.size(2);
                     const std::vector<Index> order =
                         source.flag() ? plain_order(samples)
                                       : shuffled_order(samples, source.byte(), source.whole());
                     batch_count(source.size(7), batch_size);
                     mini_batch(order, batch_size, source.size(1));
                   }});
  calls.push_back({"gather", [](Source& source) {
                     Matrix<double> out;
                     gather(source.matrix(3, 6), any_indices(source, 2), out);
                     Vector<double> weights;
                     gather(Vector<double>{source.values<double>(source.count(6), 1)}, any_indices(source, 2),
                            weights);
                   }});
  calls.push_back({"one_hot", [](Source& source) {
                     const Matrix<double> labels = source.matrix(1, 4);
                     one_hot(labels, source.size(5));
                   }});
  calls.push_back({"from_one_hot", [](Source& source) {
                     Matrix<double> columns = Matrix<double>::Zero(3, 4);
                     columns.row(source.below(3)).setOnes();
                     from_one_hot(source.one_in(3) ? source.matrix(3, 2) : columns);
                   }});
  calls.push_back({"Impute", [](Source& source) { normalize(source, Impute{source.matrix(3, 4)}); }});
  calls.push_back(
      {"Standardize", [](Source& source) { normalize(source, Standardize{source.matrix(3, 4)}); }});
  calls.push_back(
      {"Unstandardize", [](Source& source) { normalize(source, Unstandardize{source.matrix(3, 4)}); }});
  calls.push_back({"Standardize of given scales", [](Source& source) {
                     const Vector<double> mean = source.values<double>(source.count(3), 1),
                                          deviation = source.values<double>(source.count(3), 1);
                     normalize(source, Standardize<double>{mean, deviation});
                   }});
  calls.push_back(
      {"balanced_class_weights", [](Source& source) { balanced_class_weights(any_dataset(source)); }});
  calls.push_back(
      {"balanced_positive_weights", [](Source& source) { balanced_positive_weights(any_dataset(source)); }});
  calls.push_back({"stratified_order and balanced_order", [](Source& source) {
                     const auto data = any_dataset(source);
                     const ClassOrder order = source.flag() ? stratified_order(data, source.byte())
                                                            : balanced_order(data, source.byte());
                     order(source.one_in(4) ? source.whole() : source.below(5));
                   }});
  calls.push_back({"best_threshold", [](Source& source) {
                     const auto data = any_dataset(source);
                     best_threshold(Sequential{Identity<double>{}}, data, F1{});
                     best_threshold(Sequential{Sigmoid<double>{}}, data, MultilabelF1{});
                   }});
  calls.push_back({"predict_probabilities and names", [](Source& source) {
                     const Matrix<double> x = source.matrix(3, 4);
                     const Sequential net{Identity<double>{}};
                     predict_probabilities(net, x, {.multilabel = source.flag()});
                     predict_labels(net, x, source.flag() ? Threshold{} : Threshold{source.number()});
                     predict_class_names(net, x, std::vector<std::string>(source.below(5), source.text()));
                   }});
  calls.push_back({"MinMax", [](Source& source) {
                     const auto options = changed(source, MinMaxOptions{});
                     normalize(source, MinMax{source.matrix(3, 4), options});
                   }});
  calls.push_back({"compare_distributions", [](Source& source) {
                     const auto train = any_dataset(source), test = any_dataset(source);
                     compare_distributions(train, test, changed(source, CompareOptions{}));
                   }});
  calls.push_back({"diagnose", [](Source& source) {
                     const auto share = [&] {
                       return source.one_in(8) ? source.number() : 0.05 * source.below(9);
                     };
                     ErrorRates rates{.train = share(), .dev = share(), .dev_samples = source.size(90)};
                     if (source.flag()) rates.human = share();
                     if (source.flag()) rates.train_dev = share(), rates.train_dev_samples = source.size(90);
                     if (source.flag()) rates.test = share(), rates.test_samples = source.size(90);
                     if (source.one_in(8)) rates.limit = source.number();
                     diagnose(rates);
                   }});
  calls.push_back({"RandomFlip", augment<RandomFlip>});
  calls.push_back({"ColorJitter", augment<ColorJitter>});
  calls.push_back({"Cutout", augment<Cutout>});
  calls.push_back({"RandomAffine", augment<RandomAffine>});
  calls.push_back({"RandomRotation", augment<RandomRotation>});
  calls.push_back({"RandomShift", augment<RandomShift>});
  calls.push_back({"RandomZoom", augment<RandomZoom>});
  calls.push_back({"RandomCrop", augment<RandomCrop>});
  calls.push_back({"RandomNoise", augment<RandomNoise>});
  calls.push_back({"ElasticDistortion", augment<ElasticDistortion>});
  const auto few = [](auto options) {
    options.samples = 5;
    return options;
  };
  calls.push_back(
      {"circles", [=](Source& source) { draw(circles(changed(source, few(CirclesOptions{})))); }});
  calls.push_back(
      {"moons", [=](Source& source) { draw(moons<double>(changed(source, few(MoonsOptions{})))); }});
  calls.push_back(
      {"spirals", [=](Source& source) { draw(spirals(changed(source, few(SpiralsOptions{})))); }});
  calls.push_back({"blobs", [=](Source& source) { draw(blobs(changed(source, few(BlobsOptions{})))); }});
  calls.push_back({"noisy_regression", [=](Source& source) {
                     draw(noisy_regression<double>(changed(source, few(NoisyRegressionOptions{}))));
                   }});
  calls.push_back(
      {"noisy_wave", [=](Source& source) { draw(noisy_wave(changed(source, few(NoisyWaveOptions{})))); }});
  calls.push_back({"ExponentialAverage", [](Source& source) {
                     ExponentialAverage<Matrix<double>> mean{source.flag() ? 0.9 : source.number()};
                     for (unsigned n = source.below(3); n > 0; --n) mean.update(source.matrix(2, 3));
                     mean.value();
                   }});
  calls.push_back({"Rng: below", [](Source& source) {
                     Rng rng{source.byte()};
                     rng.below(source.whole());
                   }});
  calls.push_back({"read_csv", [](Source& source) { csv(source.rest()); }});
  calls.push_back({"read_idx", [](Source& source) { idx(source.rest()); }});
  calls.push_back({"read_npy", [](Source& source) { npy(source.rest()); }});
  calls.push_back({"readers: missing file", [](Source& source) {
                     const std::filesystem::path path = source.flag() ? "." : "no/such/file" + source.text();
                     switch (source.below(4)) {
                       case 0:
                         read_csv(path, {});
                         return;
                       case 1:
                         read_idx_images(path);
                         return;
                       case 2:
                         read_idx_labels(path);
                         return;
                       default:
                         read_npy(path);
                     }
                   }});
}

}  // namespace fuzz
