#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "descent/core/concepts.hpp"
#include "descent/core/errors.hpp"
#include "descent/models/chain.hpp"

namespace descent {

/// A layer, or a chain of layers, with a path around it.
///
///   y = x + body(x)      dx = dy + dbody
///
///   Residual{Sequential{Dense{64, 64, rng}, BatchNorm{64}, ReLU{}, Dense{64, 64, rng}}}
///
/// Its parameters are named `body.0.weight`, and so on.
///
/// Shapes   x, y [n, m], for which the body keeps the shape
/// Throws   ShapeError from `output_shape` when the body changes the shape.
/// Source   He, Zhang, Ren, Sun: Deep residual learning for image recognition (CVPR 2016)
template <class Body>
class Residual {
  static_assert(Layer<Body>, "the body of this Residual is not a Layer");

 public:
  static constexpr std::string_view name = "Residual";
  using Scalar = typename Body::Scalar;
  struct Cache {
    typename Body::Cache body;
    Matrix<Scalar> y, dx;
  };

  // Of a Body, and not of what converts to one: to an AnyLayer a Residual itself would.
  template <std::same_as<Body> B>
  explicit Residual(B inner) : body{std::move(inner)} {}

  static void visit(auto&& f, auto&... tree) { Body::visit(detail::under("body", f), tree.body...); }
  static void visit_buffers(auto&& f, auto&... tree) {
    descent::visit_buffers<Body>(detail::under("body", f), tree.body...);
  }

  Shape output_shape(const Shape& in) const {
    const Shape out = detail::shape_behind(body, "body", in);
    if (out != in) throw_not_kept(in.size(), out.size());
    return out;
  }

  const Matrix<Scalar>& forward(Batch<Scalar> x, Cache& c, const Pass& pass) const {
    // By its address: newer g++ warns of a reference to a temporary, which it is not.
    const Matrix<Scalar>* const y = &detail::forward_of(body, "body", x, c.body, pass.inside(0));
    if (y->rows() != x.rows()) throw_not_kept(x.rows(), y->rows());
    c.y = x + *y;
    return c.y;
  }

  const Matrix<Scalar>& backward(Batch<Scalar> x, Batch<Scalar> dy, Cache& c, Residual& gradient) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    c.dx = dy + body.backward(x, dy, c.body, gradient.body);
    return c.dx;
  }

  void visit_layers(auto&& f) const { f("body", body); }

  Body body;

 private:
  [[noreturn]] static void throw_not_kept(Index in, Index out) {
    throw ShapeError(name, concat("expected a body that ends in ", in, " features, got ", out),
                     "let the last layer of the body have as many outputs as the first has inputs");
  }
};

template <class Body>
Residual(Body) -> Residual<Body>;

}  // namespace descent
