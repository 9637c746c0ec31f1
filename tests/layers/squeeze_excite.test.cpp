#include <descent/descent.hpp>
#include <descent/diagnosis/gradient_check.hpp>

#include "catch.hpp"

// A layer that is composed of others and a product, as an example of one.

namespace squeeze_excite_test {

using namespace descent;

namespace {

/// Scales each channel of an image by a number between 0 and 1 that is computed from the means of all channels.
///
///   y(c, i, j) = s_c x(c, i, j)      s = sigmoid(W2 relu(W1 mean(x)))
///
/// Source   Hu, Shen, Sun: Squeeze-and-Excitation Networks (CVPR 2018)
template <std::floating_point T = float>
struct SqueezeExcite {
  static constexpr std::string_view name = "SqueezeExcite";
  using Scalar = T;
  using Body = Sequential<GlobalAveragePool<T>, Dense<T>, ReLU<T>, Dense<T>, Sigmoid<T>>;
  struct Cache {
    typename Body::Cache body;
    Batch<T> scale;
    Matrix<T> y, dx, slopes;
  };

  SqueezeExcite(Index channels, Index squeezed, Rng& rng)
      : body{GlobalAveragePool<T>{}, Dense<T>{channels, squeezed, rng}, ReLU<T>{},
             Dense<T>{squeezed, channels, rng}, Sigmoid<T>{}} {}

  static void visit(auto&& f, auto&... tree) { Body::visit(under("body", f), tree.body...); }

  Shape output_shape(const Shape& in) const {
    body.output_shape(in);
    return in;
  }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    c.scale = body.forward(x, c.body, pass);
    c.y = x;
    for_positions(
        x, [&](Index s, Index p, Index n) { c.y.col(s).segment(p, n).array() *= c.scale.col(s).array(); });
    return x.with_numbers(c.y);
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, SqueezeExcite& gradient,
                    const Pass& pass) const {
    expect_backward(name, x.rows(), x, dy, c.y);
    c.slopes.setZero(c.scale.rows(), x.samples());
    for_positions(x, [&](Index s, Index p, Index n) {
      c.slopes.col(s) += dy.col(s).segment(p, n).cwiseProduct(x.col(s).segment(p, n));
    });
    c.dx = body.backward(x, c.slopes, c.body, gradient.body, pass);
    for_positions(x, [&](Index s, Index p, Index n) {
      c.dx.col(s).segment(p, n) += dy.col(s).segment(p, n).cwiseProduct(c.scale.col(s));
    });
    return x.with_numbers(c.dx);
  }

  Body body;

 private:
  static void for_positions(const Batch<T>& x, auto&& f) {
    for (Index s = 0; s < x.samples(); ++s)
      for (Index p = 0; p < x.rows(); p += x.shape().channels) f(s, p, x.shape().channels);
  }
};
static_assert(Layer<SqueezeExcite<>>);

}  // namespace

TEST_CASE("SqueezeExcite: a layer of other layers and a product has the right gradient") {
  Rng rng{1};
  const Shape image{4, 3, 2};
  const Sequential net{Reshape<double>{image}, SqueezeExcite<double>{4, 2, rng}, Flatten<double>{},
                       Dense<double>{24, 2, rng}};
  const Matrix<double> x = Matrix<double>::Random(24, 3), y = Matrix<double>::Random(2, 3);
  CHECK(check_gradient(net, MeanSquaredError{}, x, y).relative_difference < 1e-7);
}

TEST_CASE("SqueezeExcite: without weights each channel is halved") {
  Rng rng{1};
  SqueezeExcite<> layer{3, 2, rng};
  SqueezeExcite<>::visit([](const Parameter&, auto& leaf) { leaf.setZero(); }, layer);
  const Shape image{3, 2, 2};
  const Matrix<> x = Matrix<>::Random(12, 2);
  CHECK(predict(layer, Batch{x, image}).isApprox(x / 2, 1e-6F));
}

}  // namespace squeeze_excite_test
