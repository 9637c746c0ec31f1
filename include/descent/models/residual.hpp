#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include "descent/concepts/backward.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/linalg/flat.hpp"
#include "descent/models/chain.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// A residual connection around a layer or a chain of layers.
///
///   y = x + body(x)      dx = dy + dbody
///
///   Residual{Sequential{Dense{64, 64, rng}, BatchNorm{64}, ReLU{}, Dense{64, 64, rng}}}
///
/// Its parameters are named `body.0.weight`, and so on.
///
/// Shapes   x, y of any shape that the body keeps
/// Throws   ShapeError when the body changes the shape.
/// Cost     that of the body, and one sum over the batch each way.
/// Source   He, Zhang, Ren, Sun: Deep residual learning for image recognition (CVPR 2016)
template <class Body>
class Residual {
  static_assert(Layer<Body>, "the body of this Residual is not a Layer");
  static_assert(has_valid_hooks<Body>);

 public:
  static constexpr std::string_view name = "Residual";
  using Scalar = typename Body::Scalar;
  struct Cache {
    typename Body::Cache body;
    Matrix<Scalar> y, dx;
    Batch<Scalar> body_output;  // a view of the memory of `body`
  };

  // Only an exact `Body`: a `Residual` converts to `AnyLayer`, which would hijack the copy constructor.
  template <std::same_as<Body> B>
  explicit Residual(B inner) : body{std::move(inner)} {}

  static void visit(auto&& f, auto&... tree) { Body::visit(under("body", f), tree.body...); }
  static void visit_state(auto&& f, auto&... tree) {
    descent::visit_state<Body>(under("body", f), tree.body...);
  }

  Shape output_shape(const Shape& in) const {
    const Shape out = detail::shape_after(body, "body", in);
    if (out != in) throw_not_kept(in, out);
    return out;
  }

  Batch<Scalar> forward(const Batch<Scalar>& x, Cache& c, const Pass& pass) const {
    c.body_output = detail::forward_of(body, "body", x, c.body, pass.inside(0));
    if (c.body_output.shape() != x.shape()) throw_not_kept(x.shape(), c.body_output.shape());
    add(x, c.body_output, c.y, pass.workers());
    return x.with_numbers(c.y);
  }

  Batch<Scalar> backward(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Residual& gradient,
                         const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    add(dy, body.backward(x, dy, c.body, gradient.body, pass.inside(0)), c.dx, pass.workers());
    return x.with_numbers(c.dx);
  }
  void backward_parameters(const Batch<Scalar>& x, const Batch<Scalar>& dy, Cache& c, Residual& gradient,
                           const Pass& pass) const {
    expect_backward(name, c.y.rows(), x, dy, c.y);
    descent::backward_parameters(body, x, dy, c.body, gradient.body, pass.inside(0));
  }

  void update_state(const Cache& c) { descent::update_state(body, c.body); }

  void visit_outputs(const Cache& c, auto&& f) const {
    detail::visit_outputs_of(body, "body", c.body, c.body_output, f);
  }
  void visit_layers(auto&& f) const { f("body", body); }

  Body body;

 private:
  static void add(const Batch<Scalar>& a, const Batch<Scalar>& b, Matrix<Scalar>& sum, Workers& workers) {
    sum.resize(a.rows(), a.cols());
    for_numbers(workers, sum.size(),
                [&](const Part& part) { flat(sum, part) = flat(a, part) + flat(b, part); });
  }

  [[noreturn]] static void throw_not_kept(const Shape& in, const Shape& out) {
    throw ShapeError(name,
                     detail::joined("expected a body that keeps the shape ", detail::shape_text(in), ", got ",
                                    detail::shape_text(out)),
                     "give the last layer of the body as many outputs as the first has inputs");
  }
};

template <class Body>
Residual(Body) -> Residual<Body>;

}  // namespace descent
