#include "descent/data/augment/augment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "catch.hpp"
#include "descent/data/augment/color_jitter.hpp"
#include "descent/data/augment/cutout.hpp"
#include "descent/data/augment/elastic_distortion.hpp"
#include "descent/data/augment/random_affine.hpp"
#include "descent/data/augment/random_crop.hpp"
#include "descent/data/augment/random_flip.hpp"
#include "descent/data/augment/random_noise.hpp"
#include "support.hpp"

namespace augment_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using support::message_of;

namespace {

std::vector<Index> numbered(Index n, Index first = 0) {
  std::vector<Index> samples(static_cast<std::size_t>(n));
  std::iota(samples.begin(), samples.end(), first);
  return samples;
}

template <class T = double>
Matrix<T> noise(const Shape& shape, Index samples) {
  Rng rng{9};
  Matrix<T> x(shape.size(), samples);
  for (T& value : x.reshaped()) value = static_cast<T>(rng.uniform());
  return x;
}

// One bright pixel in the middle of 9 x 9.
Matrix<double> dots(Index samples) {
  Matrix<double> x = Matrix<double>::Zero(81, samples);
  x.row(40).setOnes();
  return x;
}

auto everything(const Shape& shape) {
  return Augment{shape,
                 RandomFlip{.vertical = 0.5},
                 ColorJitter{},
                 Cutout{.side = 2},
                 RandomCrop{.padding = 1},
                 RandomShift{},
                 RandomRotation{},
                 RandomZoom{},
                 RandomAffine{},
                 ElasticDistortion{},
                 RandomNoise{}};
}

}  // namespace

TEMPLATE_TEST_CASE("Augment: a transformation depends only on the sample index and the seed and the epoch",
                   "", float, double) {
  const Shape shape{2, 7, 5};
  const auto augment = everything(shape);
  const Matrix<TestType> original = noise<TestType>(shape, 12);
  const std::vector<Index> samples = numbered(12, 1000);
  Matrix<TestType> all = original;
  augment(all, samples, 3, 4);
  CHECK_FALSE(all.isApprox(original, TestType(0.1)));

  for (const Index j : {11, 0, 5, 6}) {
    CAPTURE(j);
    Matrix<TestType> alone = original.col(j);
    const std::vector<Index> number{1000 + j};
    augment(alone, number, 3, 4);
    CHECK(alone == all.col(j));
    alone = original.col(j);
    augment(alone, number, 3, 5);
    CHECK(alone != all.col(j));
    alone = original.col(j);
    augment(alone, number, 2, 4);
    CHECK(alone != all.col(j));
  }
  Matrix<TestType> same(shape.size(), 2);
  same << original.col(0), original.col(0);
  augment(same, numbered(2), 3, 4);
  CHECK(same.col(0) != same.col(1));
}

TEST_CASE("ElasticDistortion: the result does not depend on the address of the working memory", "") {
  const Shape shape{1, 9, 11};
  const Matrix<double> original = noise<double>(shape, 1);
  std::vector<std::vector<double>> memories(8);
  Matrix<double> first;
  for (std::size_t k = 0; k < memories.size(); ++k) {
    memories[k].reserve(1000 + 2 * k);  // addresses that differ within a cache line
    Matrix<double> x = original;
    Rng rng{5};
    ElasticDistortion{}(Image<double>{x.data(), shape}, rng, memories[k]);
    if (k == 0) first = x;
    CHECK(x == first);
  }
}

TEST_CASE("Augment: random numbers of a transform depend on its position and not on later transforms") {
  const Shape shape{1, 6, 6};
  Matrix<double> one = noise(shape, 3), two = one, twice = one;
  Augment{shape, RandomNoise{}}(one, numbered(3), 1, 0);
  Augment{shape, RandomNoise{}, RandomFlip{.horizontal = 0}}(two, numbered(3), 1, 0);
  CHECK(one == two);
  Augment{shape, RandomNoise{}, RandomNoise{}}(twice, numbered(3), 1, 0);
  const Matrix<double> first = one - noise(shape, 3), second = twice - one;
  CHECK_FALSE(second.isApprox(first, 0.1));
}

TEST_CASE("RandomFlip: mirrors whole pixels with the given probability") {
  const Shape shape{2, 2, 3};
  Matrix<double> x(12, 1), mirrored(12, 1), upside_down(12, 1);
  x << 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16;
  mirrored << 5, 6, 3, 4, 1, 2, 15, 16, 13, 14, 11, 12;
  upside_down << 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6;
  Matrix<double> y = x;
  Augment{shape, RandomFlip{.horizontal = 1}}(y, numbered(1), 1, 0);
  CHECK(y == mirrored);
  y = x;
  Augment{shape, RandomFlip{.horizontal = 0, .vertical = 1}}(y, numbered(1), 1, 0);
  CHECK(y == upside_down);

  constexpr Index samples = 2000;
  Matrix<double> many = x.replicate(1, samples);
  Augment{shape, RandomFlip{.horizontal = 0.3}}(many, numbered(samples), 1, 0);
  Index flipped = 0;
  for (Index j = 0; j < samples; ++j) flipped += many.col(j) == mirrored;
  CHECK_THAT(static_cast<double>(flipped) / samples, WithinAbs(0.3, 5 * std::sqrt(0.3 * 0.7 / samples)));
}

TEST_CASE("RandomCrop: shifts by whole pixels and uniformly") {
  constexpr Index samples = 5000, padding = 1;
  Matrix<double> x = dots(samples);
  Augment{Shape{1, 9, 9}, RandomCrop{.padding = padding}}(x, numbered(samples), 1, 0);
  std::map<Index, int> places;
  for (Index j = 0; j < samples; ++j) {
    Index place = 0;
    REQUIRE(x.col(j).maxCoeff(&place) == 1);
    REQUIRE(x.col(j).sum() == 1);
    ++places[place];
  }
  REQUIRE(places.size() == 9);
  for (const Index place : {30, 31, 32, 39, 40, 41, 48, 49, 50})
    CHECK_THAT(places[place] / static_cast<double>(samples),
               WithinAbs(1.0 / 9, 5 * std::sqrt(8.0 / 81 / samples)));

  Matrix<double> far = Matrix<double>::Ones(4, 200);  // a shift past the border leaves zeros
  Augment{Shape{1, 2, 2}, RandomCrop{.padding = 5}}(far, numbered(200), 1, 0);
  CHECK((far.colwise().sum().array() == 0).any());
}

TEST_CASE("RandomCrop: keeps the channels of a pixel together") {
  const Shape shape{3, 4, 4};
  Matrix<double> x(48, 100);
  for (Index j = 0; j < 100; ++j)
    for (Index i = 0; i < 48; ++i) x(i, j) = static_cast<double>(i + 1);
  Augment{shape, RandomCrop{.padding = 2}}(x, numbered(100), 1, 0);
  for (Index j = 0; j < 100; ++j)
    for (Index p = 0; p < 16; ++p) {
      const double first = x(3 * p, j);
      if (first == 0)
        CHECK(x.col(j).segment(3 * p, 3).isZero());
      else
        CHECK(x.col(j).segment(3 * p, 3) == Vector<double>{{first, first + 1, first + 2}});
    }
}

TEST_CASE("RandomShift: moves the center of mass within the bound and keeps the total") {
  Matrix<double> x = dots(500);
  Augment{Shape{1, 9, 9}, RandomShift{.pixels = 2}}(x, numbered(500), 1, 0);
  double furthest = 0;
  for (Index j = 0; j < 500; ++j) {
    double row = 0, column = 0;
    for (Index i = 0; i < 81; ++i) {
      column += x(i, j) * static_cast<double>(i % 9);
      row += x(i, j) * static_cast<double>(i / 9);
    }
    CHECK_THAT(x.col(j).sum(), WithinAbs(1, 1e-12));
    furthest = std::max({furthest, std::abs(row - 4), std::abs(column - 4)});
  }
  CHECK(furthest <= 2 + 1e-12);
  CHECK(furthest > 1.95);
}

TEST_CASE("RandomRotation: rotates about the center") {
  // A ramp from left to right, rotated by a, is v = x cos a + y sin a: bilinear interpolation is exact.
  const Shape shape{1, 21, 21};
  Matrix<double> x(441, 50);
  for (Index i = 0; i < 441; ++i) x.row(i).setConstant(static_cast<double>(i % 21 - 10));
  Augment{shape, RandomRotation{.degrees = 30}}(x, numbered(50), 1, 0);
  double largest = 0;
  for (Index j = 0; j < 50; ++j) {
    const auto at = [&](Index right, Index down) { return x(10 + right + 21 * (10 + down), j); };
    CHECK_THAT(at(0, 0), WithinAbs(0, 1e-12));
    const double cosine = at(5, 0) / 5, sine = at(0, 5) / 5;
    CHECK_THAT(cosine * cosine + sine * sine, WithinAbs(1, 1e-12));
    CHECK_THAT(at(-4, 3), WithinAbs(-4 * cosine + 3 * sine, 1e-12));
    largest = std::max(largest, std::abs(sine));
  }
  CHECK(largest <= 0.5 + 1e-12);  // sin 30 degrees
  CHECK(largest > 0.4);
}

TEST_CASE("RandomZoom: scales about the center within the bound") {
  const Shape shape{1, 1, 21};
  Matrix<double> x(21, 200);
  for (Index i = 0; i < 21; ++i) x.row(i).setConstant(static_cast<double>(i - 10));
  Augment{shape, RandomZoom{.zoom = 0.2}}(x, numbered(200), 1, 0);
  const auto scale = (5 / x.row(15).array()).eval();
  CHECK(x.row(10).cwiseAbs().maxCoeff() < 1e-12);
  CHECK(scale.minCoeff() >= 0.8 - 1e-12);
  CHECK(scale.minCoeff() < 0.82);
  CHECK(scale.maxCoeff() <= 1.2 + 1e-12);
  CHECK(scale.maxCoeff() > 1.18);
}

TEST_CASE("Augment: transforms of strength 0 leave an image unchanged to the bit") {
  const Shape shape{2, 5, 4};
  const Matrix<double> original = noise(shape, 10);
  Matrix<double> x = original;
  Augment{shape,
          RandomFlip{.horizontal = 0},
          RandomCrop{.padding = 0},
          RandomAffine{.degrees = 0, .pixels = 0, .zoom = 0},
          ElasticDistortion{.alpha = 0},
          RandomNoise{.deviation = 0}}(x, numbered(10), 1, 0);
  CHECK(x == original);
}

TEST_CASE("ElasticDistortion: displacements have the expected variance and smoothness") {
  // The values of a ramp from left to right show the displacements; far from the border these are complete.
  constexpr Index size = 61, samples = 20;
  const ElasticDistortion distortion{.alpha = 34, .sigma = 4};
  Matrix<double> x(size * size, samples);
  for (Index i = 0; i < x.rows(); ++i) x.row(i).setConstant(static_cast<double>(i % size));
  Augment{Shape{1, size, size}, distortion}(x, numbered(samples), 1, 0);
  double squares = 0, steps = 0, count = 0;
  for (Index j = 0; j < samples; ++j)
    for (Index row = 15; row < 46; ++row)
      for (Index column = 15; column < 46; ++column) {
        const auto moved = [&](Index c) { return x(c + size * row, j) - static_cast<double>(c); };
        squares += moved(column) * moved(column);
        steps += (moved(column + 1) - moved(column)) * (moved(column + 1) - moved(column));
        ++count;
      }
  // Noise of variance 1/3, smoothed by a Gaussian in two dimensions: variance alpha^2 / 3 / (4 pi sigma^2); the mean
  // squared difference of neighbors is 2 (1 - exp(-1 / (4 sigma^2))) times it. Neighbors are correlated, so that there
  // are few independent values: about 20 * 31^2 / (4 pi 16).
  const double variance = 34.0 * 34 / 3 / (4 * 3.141592653589793 * 16);
  const double tolerance = 5 * std::sqrt(2 / (count / (4 * 3.141592653589793 * 16)));
  CHECK_THAT(squares / count / variance, WithinAbs(1, tolerance));
  CHECK_THAT(steps / squares / (2 * (1 - std::exp(-1.0 / 64))), WithinAbs(1, tolerance));
}

TEST_CASE("RandomNoise: noise has mean 0 and the given deviation") {
  Matrix<double> x = Matrix<double>::Zero(100, 200);
  Augment{Shape{1, 10, 10}, RandomNoise{.deviation = 0.3}}(x, numbered(200), 1, 0);
  CHECK_THAT(x.mean(), WithinAbs(0, 5 * 0.3 / std::sqrt(20000.0)));
  CHECK_THAT(std::sqrt(x.squaredNorm() / 20000), WithinAbs(0.3, 5 * 0.3 / std::sqrt(40000.0)));
}

TEST_CASE("Augment: any function of an image and an Rng and scratch is a transform") {
  Matrix<> x = Matrix<>::Ones(4, 2);
  const auto darken = [](Image<float> image, Rng&, std::vector<float>&) {
    for (float& value : image) value /= 2;
  };
  Augment{Shape{1, 2, 2}, darken, darken}(x, numbered(2), 0, 0);
  CHECK(x == Matrix<>::Constant(4, 2, 0.25F));
}

TEST_CASE(
    "ColorJitter: brightness scales all values, contrast those about the mean, saturation those about the "
    "gray") {
  const Shape shape{3, 2, 2};
  const auto changed = [&](const ColorJitter& jitter) {
    Matrix<double> x = noise(shape, 1);
    Augment{shape, jitter}(x, numbered(1), 3, 0);
    return x;
  };
  const Matrix<double> x = noise(shape, 1);
  const auto gray = [](const Matrix<double>& of) {
    Vector<double> all(4);
    for (Index p = 0; p < 4; ++p) all(p) = 0.299 * of(3 * p) + 0.587 * of(3 * p + 1) + 0.114 * of(3 * p + 2);
    return all;
  };

  const Matrix<double> brighter = changed({.brightness = 0.5, .contrast = 0, .saturation = 0});
  const double factor = brighter(0) / x(0);
  CHECK((factor > 0.5 && factor < 1.5 && std::abs(factor - 1) > 1e-3));
  CHECK(brighter.isApprox(x * factor, 1e-12));

  const Matrix<double> sharper = changed({.brightness = 0, .contrast = 0.5, .saturation = 0});
  const double mean = gray(x).mean(), contrast = (sharper(0) - mean) / (x(0) - mean);
  CHECK_THAT(gray(sharper).mean(), WithinAbs(mean, 1e-12));
  CHECK(sharper.isApprox(((x.array() - mean) * contrast + mean).matrix(), 1e-12));

  const Matrix<double> purer = changed({.brightness = 0, .contrast = 0, .saturation = 0.5});
  CHECK(gray(purer).isApprox(gray(x), 1e-12));
  CHECK_FALSE(purer.isApprox(x, 1e-3));
}

TEST_CASE("ColorJitter: a gray image has no saturation") {
  const Shape shape{1, 2, 3};
  Matrix<double> x = noise(shape, 2);
  const Matrix<double> before = x;
  Augment{shape, ColorJitter{.brightness = 0, .contrast = 0, .saturation = 0.9}}(x, numbered(2), 1, 0);
  CHECK(x.isApprox(before, 1e-12));
}

TEST_CASE("Cutout: a square is zero, with its center anywhere in the image") {
  const Shape shape{2, 6, 5};
  Matrix<double> x = Matrix<double>::Ones(shape.size(), 400);
  Augment{shape, Cutout{.side = 3}}(x, numbered(400), 1, 0);
  std::set<double> sizes;
  Vector<double> hits = Vector<double>::Zero(30);
  for (Index j = 0; j < 400; ++j) {
    sizes.insert(60 - x.col(j).sum());
    for (Index p = 0; p < 30; ++p) {
      CHECK(x(2 * p, j) == x(2 * p + 1, j));
      hits(p) += 1 - x(2 * p, j);
    }
  }
  // 3 x 3 pixels inside, 3 x 2 at a side, 2 x 2 in a corner, of two channels each.
  CHECK(sizes == std::set<double>{8, 12, 18});
  CHECK(hits.minCoeff() > 20);  // 4 of 30 centers hit a corner: about 53 of 400
}

TEST_CASE("Augment: invalid options are refused by the constructor") {
  const Shape shape{1, 4, 4};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto complaint = [&](auto transform) {
    return message_of<DataError>([&] { Augment{shape, transform}; });
  };
  CHECK_THAT(complaint(RandomFlip{.horizontal = 1.5}), ContainsSubstring("RandomFlip: expected .horizontal"));
  CHECK_THAT(complaint(RandomFlip{.vertical = nan}), ContainsSubstring("RandomFlip: expected .vertical"));
  CHECK_THAT(complaint(RandomCrop{.padding = -1}), ContainsSubstring("RandomCrop: expected .padding"));
  CHECK_THAT(complaint(RandomAffine{.degrees = -1}), ContainsSubstring("RandomAffine: expected .degrees"));
  CHECK_THAT(complaint(RandomShift{.pixels = nan}), ContainsSubstring("RandomShift: expected .pixels"));
  CHECK_THAT(complaint(RandomRotation{.degrees = -1}),
             ContainsSubstring("RandomRotation: expected .degrees"));
  CHECK_THAT(complaint(RandomZoom{.zoom = 1}), ContainsSubstring("RandomZoom: expected .zoom"));
  CHECK_THAT(complaint(ElasticDistortion{.sigma = 0}),
             ContainsSubstring("ElasticDistortion: expected .sigma"));
  CHECK_THAT(complaint(ElasticDistortion{.alpha = -1}),
             ContainsSubstring("ElasticDistortion: expected .alpha"));
  CHECK_THAT(complaint(ColorJitter{.contrast = 1}), ContainsSubstring("ColorJitter: expected .contrast"));
  CHECK_THAT(complaint(ColorJitter{.saturation = nan}),
             ContainsSubstring("ColorJitter: expected .saturation"));
  CHECK_THAT(complaint(Cutout{.side = 0}), ContainsSubstring("Cutout: expected .side from 1"));
  CHECK_THAT(complaint(RandomNoise{.deviation = -1}), ContainsSubstring("RandomNoise: expected .deviation"));
}

TEST_CASE("Augment: columns of another size than the shape are refused") {
  Matrix<> x = Matrix<>::Zero(15, 2);
  const Augment augment{Shape{1, 4, 4}, RandomFlip{}};
  CHECK(message_of<ShapeError>([&] { augment(x, numbered(2), 0, 0); }) ==
        "Augment: expected 16 features, got 15");
  x.resize(16, 2);
  CHECK(message_of<ShapeError>([&] { augment(x, numbered(3), 0, 0); }) ==
        "Augment: expected one index for each of the 2 images, got 3; pass the sample indices of the batch");
  CHECK(message_of<ShapeError>([] {
          Augment{Shape{1, 0, 4}, RandomFlip{}};
        }) ==
        "Augment: expected an image of at least one pixel, got 1 channels, 0 x 4; pass the shape of the "
        "images, or set that of the data: train.shape = {1, 28, 28}");
}

TEST_CASE("Augment: a shape whose size overflows is refused") {
  constexpr Index huge = Index{1} << 32;
  Matrix<> x(0, 1);  // 2^32 x 2^32 is 0 in 64 bits
  const Augment augment{Shape{1, huge, huge}, RandomFlip{}};
  CHECK_THROWS_AS(augment(x, std::vector<Index>{0}, 0, 0), ShapeError);
}

TEST_CASE("RandomAffine: huge angles and shifts move the image outside") {
  Matrix<> x = Matrix<>::Ones(9, 1);
  const Augment augment{Shape{1, 3, 3}, RandomAffine{.degrees = 1e300, .pixels = 1e300}};
  augment(x, std::vector<Index>{0}, 0, 0);
  CHECK(x.isZero());  // all of the image is outside
}

TEST_CASE("RandomCrop: options are also checked without Augment") {
  Matrix<> x = Matrix<>::Ones(9, 1);
  std::vector<float> scratch;
  Rng rng{1};
  const Image<float> image{x.data(), {1, 3, 3}};
  CHECK_THROWS_AS(RandomCrop{.padding = -5}(image, rng, scratch), DataError);
  CHECK_THROWS_AS(RandomAffine{.degrees = std::numeric_limits<double>::infinity()}(image, rng, scratch),
                  DataError);
  CHECK_THROWS_AS(ElasticDistortion{.sigma = 0}(image, rng, scratch), DataError);
}

}  // namespace augment_test
