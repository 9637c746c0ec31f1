#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/concepts/pass.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/initializers/orthogonal.hpp"
#include "descent/initializers/xavier.hpp"
#include "descent/layers/dense.hpp"
#include "descent/layers/noise/dropout.hpp"
#include "descent/layers/recurrent/recurrent_state.hpp"
#include "descent/layers/recurrent/steps.hpp"
#include "descent/linalg/product.hpp"
#include "descent/linalg/row_sums.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/unit_kind.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The name of a parameter as in PyTorch: weight_ih_l0, weight_hh_l1_reverse. Never allocates.
class RecurrentName {
 public:
  RecurrentName(std::string_view what, std::size_t layer, bool reverse) {
    append(what);
    append("_l");
    size_ = static_cast<std::size_t>(
        std::to_chars(text_.data() + size_, text_.data() + text_.size(), layer).ptr - text_.data());
    if (reverse) append("_reverse");
  }
  operator std::string_view() const { return {text_.data(), size_}; }

 private:
  void append(std::string_view part) {
    std::copy(part.begin(), part.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
  }
  std::array<char, 48> text_{};
  std::size_t size_ = 0;
};

/// The options that all recurrent layers have.
struct RecurrentSettings {
  Index layers;
  bool bidirectional;
  Outputs outputs;
  double keep;
};

/// The working memory of a recurrent layer.
template <std::floating_point T>
struct RecurrentCache {
  std::vector<RecurrentRun<T>> runs;   // of the directions of the layers
  std::vector<Matrix<T>> outputs, dx;  // of the layers
  std::vector<typename Dropout<T>::Cache> dropouts;
  bool has_state = false;
};

/// The base of recurrent layers: layers and directions of a `Cell`, which has
///
///   name, gates                                       its name, and the number of blocks of `hidden` rows
///   has_recurrent_bias()                              true if a gate multiplies the recurrent product
///   forward(weights, run, t, steps, has_previous, workers)     computes step t from the gates' input products
///   backward(weights, run, t, steps, wants_previous, workers)  computes the gradients of step t
///   recurrent_gradients(run, steps, gradient, workers)         computes those of the recurrent weight and bias
///
/// The input product of all steps is one product, as are the weight gradients.
template <std::floating_point T, class Cell>
class Recurrent {
 public:
  static constexpr std::string_view name = Cell::name;
  static constexpr UnitKind unit_kind = UnitKind::activated;
  using Scalar = T;
  using Cache = RecurrentCache<T>;
  using State = RecurrentState<T>;

  static void visit(auto&& f, auto& first, auto&... rest) {
    for (std::size_t i = 0; i < first.weights_.size(); ++i) {
      const std::size_t layer = i / static_cast<std::size_t>(first.directions());
      const bool reverse = first.is_reverse(i);
      const auto each = [&](std::string_view what, Role role, auto member) {
        f(Parameter{Name{RecurrentName{what, layer, reverse}}, role}, first.weights_[i].*member,
          rest.weights_[i].*member...);
      };
      using Weights = RecurrentWeights<T>;
      each("weight_ih", Role::weight, &Weights::input);
      each("weight_hh", Role::weight, &Weights::recurrent);
      const bool two = first.weights_[i].recurrent_bias.size() > 0;
      if (first.has_bias()) each(two ? "bias_ih" : "bias", Role::bias, &Weights::bias);
      if (two) each("bias_hh", Role::bias, &Weights::recurrent_bias);
    }
  }
  static void visit_options(auto&& f, auto&... tree) {
    f("layers", tree.settings_.layers...);
    f("bidirectional", tree.settings_.bidirectional...);
    f("outputs", tree.settings_.outputs...);
    f("keep", tree.settings_.keep...);
    Cell::visit_options(f, tree.cell_...);
  }

  Shape output_shape(const Shape& in) const {
    if (in.channels != features() || in.height != 1 || in.width < 1) throw_features(name, features(), in);
    return {width(), 1, settings_.outputs == Outputs::all ? in.width : 1};
  }

  /// Computes the outputs from a state of zeros.
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass& pass) const {
    return run_forward(x, nullptr, c, pass);
  }
  /// Computes the outputs from a given state, which becomes that after the last step of each sequence.
  ///
  /// Throws   also ShapeError when the state is neither empty nor of this layer and the samples of x.
  Batch<T> forward(const Batch<T>& x, State& state, Cache& c, const Pass& pass) const {
    const Batch<T> y = run_forward(x, &state, c, pass);
    save_state(x, state, c);
    return y;
  }

  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Recurrent& gradient,
                    const Pass& pass) const {
    run_backward(x, dy, nullptr, c, gradient, pass, true);
    return x.with_numbers(c.dx[0]);
  }
  void backward_parameters(const Batch<T>& x, const Batch<T>& dy, Cache& c, Recurrent& gradient,
                           const Pass& pass) const {
    run_backward(x, dy, nullptr, c, gradient, pass, false);
  }
  /// Computes backward after a forward pass with a state. `slopes` is the gradient with respect to the state after the
  /// last step, empty for zeros, and becomes that with respect to the state before the first one.
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, State& slopes, Cache& c, Recurrent& gradient,
                    const Pass& pass) const {
    run_backward(x, dy, &slopes, c, gradient, pass, true);
    return x.with_numbers(c.dx[0]);
  }

  Index features() const { return weights_[0].input.cols(); }
  Index hidden() const { return weights_[0].recurrent.cols(); }
  Index layers() const { return settings_.layers; }
  bool is_bidirectional() const { return settings_.bidirectional; }
  Outputs outputs() const { return settings_.outputs; }
  void set_outputs(Outputs outputs) { settings_.outputs = outputs; }
  bool has_bias() const { return weights_[0].bias.size() > 0; }
  const Cell& cell() const { return cell_; }

  /// The weights of a direction of a layer.
  auto& weights(Index layer, bool reverse = false) { return weights_[index(layer, reverse)]; }
  const auto& weights(Index layer, bool reverse = false) const { return weights_[index(layer, reverse)]; }

 protected:
  /// Makes weights of zeros.
  Recurrent(Index in, Index hidden, const auto& options, const Cell& cell)
      : settings_{options.layers, options.bidirectional, options.outputs, options.keep},
        cell_{cell},
        dropout_{DropoutOptions{.keep = options.keep}} {
    const bool with_bias = options.bias == Bias::learned;
    constexpr Index most_layers = 256;
    if (in <= 0 || hidden <= 0)
      throw_error<ShapeError>(name, {"expected positive sizes, got in = ", in, " and hidden = ", hidden},
                              "pass the numbers of features of a time step and of the hidden state");
    if (options.layers < 1 || options.layers > most_layers)
      throw_error<DataError>(name, {"expected 1 to ", most_layers, " layers, got ", options.layers},
                             "choose .layers of 1 or more");
    const Index rows = Shape{Cell::gates, hidden}.size(), wide = Shape{directions(), hidden}.size();
    for (Index i = 0; i < options.layers * directions(); ++i) {
      const auto zeros = [&](Index cols) { return filled<Matrix<T>>(name, rows, cols, T(0)); };
      weights_.push_back({zeros(i < directions() ? in : wide), zeros(hidden),
                          Vector<T>::Zero(with_bias ? rows : 0),
                          Vector<T>::Zero(with_bias && cell.has_recurrent_bias() ? rows : 0)});
    }
  }

  /// Initializes the weights, each gate on its own.
  void initialize(Rng& rng) {
    for (RecurrentWeights<T>& w : weights_) {
      initialize(w.input, XavierUniform{}, rng);
      initialize(w.recurrent, Orthogonal{}, rng);
    }
  }

  std::vector<RecurrentWeights<T>> weights_;

 private:
  Index directions() const { return settings_.bidirectional ? 2 : 1; }
  Index width() const { return directions() * hidden(); }
  std::size_t index(Index layer, bool reverse) const {
    const Index last = settings_.layers - 1;
    if (layer < 0 || layer > last || (reverse && !settings_.bidirectional))
      throw_error<ShapeError>(
          name,
          {"expected a layer from 0 to ", last, " and a direction that it has, got layer ", layer,
           reverse ? ", backward" : ", forward"},
          "count the layers from 0");
    return static_cast<std::size_t>(layer * directions() + (reverse ? 1 : 0));
  }

  static void initialize(Matrix<T>& weight, auto const& init, Rng& rng) {
    Matrix<T> gate(weight.rows() / Cell::gates, weight.cols());
    for (Index g = 0; g < Cell::gates; ++g) {
      init(gate, Fan{gate.cols(), gate.rows()}, rng);
      weight.middleRows(g * gate.rows(), gate.rows()) = gate;
    }
  }

  Batch<T> run_forward(const Batch<T>& x, const State* state, Cache& c, const Pass& pass) const;
  void run_direction(const Batch<T>& in, std::size_t i, const State* state, Cache& c, Workers& workers) const;
  void save_state(const Batch<T>& x, State& state, const Cache& c) const;
  bool is_cache_of(const Batch<T>& x, const Cache& c) const;
  void run_backward(const Batch<T>& x, const Batch<T>& dy, State* slopes, Cache& c, Recurrent& gradient,
                    const Pass& pass, bool wants_dx) const;
  void run_direction_backward(const Batch<T>& in, const Batch<T>& dy, std::size_t i, State* slopes, Cache& c,
                              Recurrent& gradient, Workers& workers) const;
  void expect_state(const Matrix<T>& part, Index samples) const {
    const Index rows = hidden() * static_cast<Index>(weights_.size());
    if (part.size() > 0 && (part.rows() != rows || part.cols() != samples))
      throw_error<ShapeError>(
          name,
          {"expected a state of ", rows, " x ", samples, " values, got ", part.rows(), " x ", part.cols()},
          "pass the state of the same layer and the same samples, or an empty one");
  }
  bool is_reverse(std::size_t i) const { return settings_.bidirectional && i % 2 == 1; }
  auto rows_of(auto& matrix, std::size_t i) const {
    return rows_from(static_cast<Index>(i) * hidden(), matrix);
  }
  /// Returns the rows of a layer and a direction; of no samples from 0 on, since a null pointer has no offset.
  auto rows_from(Index first, auto& matrix) const {
    return matrix.middleRows(matrix.size() == 0 ? 0 : first, hidden());
  }

  RecurrentSettings settings_;
  Cell cell_;
  Dropout<T> dropout_;
};

}  // namespace descent::inline DESCENT_ABI::detail

#include "descent/layers/recurrent/passes.hpp"
