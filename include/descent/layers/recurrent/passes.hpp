#pragma once

#include "descent/layers/recurrent/recurrent.hpp"

// The passes of recurrent layers over all layers, directions and time steps.

namespace descent::inline DESCENT_ABI::detail {

template <std::floating_point T, class Cell>
Batch<T> Recurrent<T, Cell>::run_forward(const Batch<T>& x, const State* state, Cache& c,
                                         const Pass& pass) const {
  const Shape out = output_shape(x.shape());
  const auto layers = static_cast<std::size_t>(settings_.layers);
  c.runs.resize(weights_.size());
  c.outputs.resize(layers);
  c.dropouts.resize(layers);
  c.has_state = state != nullptr && (state->hidden.size() > 0 || state->cell.size() > 0);
  if (state != nullptr) expect_state(state->hidden, x.samples()), expect_state(state->cell, x.samples());
  Batch<T> in = x;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const bool is_last = layer + 1 == layers && settings_.outputs == Outputs::last;
    Matrix<T>& y = c.outputs[layer];
    y.resize(is_last ? width() : width() * x.shape().width, x.samples());
    for (Index d = 0; d < directions(); ++d) {
      const auto i = layer * static_cast<std::size_t>(directions()) + static_cast<std::size_t>(d);
      run_direction(in, i, state, c, pass.workers());
      const Steps<T> steps{in, d == 1};
      const RecurrentRun<T>& run = c.runs[i];
      const Index first_row = d * hidden();
      if (x.samples() == 0) continue;
      if (is_last)
        rows_from(first_row, y) = columns_of_step(run.hidden, steps.longest(), x.samples());
      else
        steps.scatter(run.hidden.data() + run.hidden.rows() * x.samples(), hidden(), y, width(), first_row,
                      false, pass.workers());
    }
    if (layer + 1 == layers) break;
    in = Batch<T>{y.data(), Shape{width(), 1, x.shape().width}, x.samples()}.with_lengths(x.lengths());
    if (settings_.keep < 1) in = dropout_.forward(in, c.dropouts[layer], pass.inside(layer));
  }
  const Batch<T> y{c.outputs.back().data(), out, x.samples()};
  return settings_.outputs == Outputs::all ? y.with_lengths(x.lengths()) : y;
}

/// Runs one direction of a layer over the steps.
template <std::floating_point T, class Cell>
void Recurrent<T, Cell>::run_direction(const Batch<T>& in, std::size_t i, const State* state, Cache& c,
                                       Workers& workers) const {
  const Steps<T> steps{in, is_reverse(i)};
  RecurrentRun<T>& run = c.runs[i];
  const Index samples = in.samples(), states = (steps.width() + 1) * samples;
  steps.gather(in, run.x, workers);
  Product<T>::affine(weights_[i].input, run.x, weights_[i].bias, run.gates, workers);
  const auto begin = [&](Matrix<T>& all, const Matrix<T>* initial) {
    all.resize(hidden(), states);
    if (initial != nullptr && initial->size() > 0)
      all.leftCols(samples) = rows_of(*initial, i);
    else
      all.leftCols(samples).setZero();
  };
  begin(run.hidden, state == nullptr ? nullptr : &state->hidden);
  if constexpr (Cell::has_cell_state) begin(run.cell, state == nullptr ? nullptr : &state->cell);
  cell_.begin(weights_[i], run);
  for (Index t = 0; t < steps.longest(); ++t)
    cell_.forward(weights_[i], run, t, steps, t > 0 || c.has_state, workers);
}

template <std::floating_point T, class Cell>
void Recurrent<T, Cell>::save_state(const Batch<T>& x, State& state, const Cache& c) const {
  const Index rows = hidden() * static_cast<Index>(weights_.size()), last = Steps<T>{x, false}.longest();
  state.hidden.resize(rows, x.samples());
  if constexpr (Cell::has_cell_state) state.cell.resize(rows, x.samples());
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    rows_of(state.hidden, i) = columns_of_step(c.runs[i].hidden, last, x.samples());
    if constexpr (Cell::has_cell_state)
      rows_of(state.cell, i) = columns_of_step(c.runs[i].cell, last, x.samples());
  }
}

/// True if the cache is that of a forward pass of a layer of this size with a batch of the size of x.
template <std::floating_point T, class Cell>
bool Recurrent<T, Cell>::is_cache_of(const Batch<T>& x, const Cache& c) const {
  if (c.outputs.size() != static_cast<std::size_t>(layers()) || c.runs.size() != weights_.size())
    return false;
  const Index columns = x.shape().width * x.samples();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const RecurrentRun<T>& run = c.runs[i];
    if (run.x.rows() != weights_[i].input.cols() || run.gates.rows() != weights_[i].input.rows() ||
        run.x.cols() != columns || run.gates.cols() != columns || run.hidden.cols() != columns + x.samples())
      return false;
  }
  return settings_.keep == 1 || c.dropouts.size() == c.outputs.size();
}

template <std::floating_point T, class Cell>
void Recurrent<T, Cell>::run_backward(const Batch<T>& x, const Batch<T>& dy, State* slopes, Cache& c,
                                      Recurrent& gradient, const Pass& pass, bool wants_dx) const {
  const Shape out = output_shape(x.shape());
  const auto layers = static_cast<std::size_t>(settings_.layers);
  if (!is_cache_of(x, c) || gradient.weights_.size() != weights_.size())
    expect_backward(name, x.rows(), x, dy, Matrix<T>(0, 0));
  expect_backward(name, {x.rows(), out.size()}, x, dy, c.outputs.back());
  if (slopes != nullptr) {
    expect_state(slopes->hidden, x.samples()), expect_state(slopes->cell, x.samples());
    const Index rows = hidden() * static_cast<Index>(weights_.size());
    if (slopes->hidden.size() == 0) slopes->hidden.setZero(rows, x.samples());
    if (Cell::has_cell_state && slopes->cell.size() == 0) slopes->cell.setZero(rows, x.samples());
  }
  c.dx.resize(layers);
  Batch<T> dout{dy.data(), out, dy.samples()};
  for (std::size_t layer = layers; layer-- > 0;) {
    const Shape shape{layer == 0 ? features() : width(), 1, x.shape().width};
    const T* numbers = layer == 0 ? x.data() : c.outputs[layer - 1].data();
    const Batch<T> in = Batch<T>{numbers, shape, x.samples()}.with_lengths(x.lengths());
    c.dx[layer].resize(shape.size(), x.samples());
    for (Index d = 0; d < directions(); ++d) {
      const auto i = layer * static_cast<std::size_t>(directions()) + static_cast<std::size_t>(d);
      run_direction_backward(in, dout, i, slopes, c, gradient, pass.workers());
      if (layer == 0 && !wants_dx) continue;
      RecurrentRun<T>& run = c.runs[i];
      Product<T>::transposed_left(weights_[i].input, run.dgates, run.dx, pass.workers());
      Steps<T>{in, d == 1}.scatter(run.dx.data(), shape.channels, c.dx[layer], shape.channels, 0, d == 1,
                                   pass.workers());
    }
    if (layer == 0) break;
    dout = in.with_numbers(c.dx[layer]);
    Dropout<T> none;
    if (settings_.keep < 1)
      dout = dropout_.backward(in, dout, c.dropouts[layer - 1], none, pass.inside(layer - 1));
  }
}

/// Runs one direction of a layer back over the steps and computes the gradient of its weights.
template <std::floating_point T, class Cell>
void Recurrent<T, Cell>::run_direction_backward(const Batch<T>& in, const Batch<T>& dy, std::size_t i,
                                                State* slopes, Cache& c, Recurrent& gradient,
                                                Workers& workers) const {
  const Steps<T> steps{in, is_reverse(i)};
  RecurrentRun<T>& run = c.runs[i];
  const Index samples = in.samples(), used = steps.longest() * samples,
              first_row = is_reverse(i) ? hidden() : 0;
  const bool is_last =
      settings_.outputs == Outputs::last && i + static_cast<std::size_t>(directions()) >= weights_.size();
  const auto begin = [&](Matrix<T>& d, const Matrix<T>* given) {
    if (given != nullptr)
      d = rows_of(*given, i);
    else
      d.setZero(hidden(), samples);
  };
  begin(run.dh, slopes == nullptr ? nullptr : &slopes->hidden);
  if constexpr (Cell::has_cell_state) begin(run.dc, slopes == nullptr ? nullptr : &slopes->cell);
  if (is_last) run.dh += rows_from(first_row, dy);
  run.dgates.resize(run.gates.rows(), run.gates.cols());
  run.dgates.rightCols(run.gates.cols() - used).setZero();
  run.back.setZero(hidden(), samples);
  cell_.begin_backward(run, used);
  for (Index t = steps.longest(); t-- > 0;) {
    for_columns(workers, hidden(), samples, [&](Index j) {
      run.dh.col(j) += run.back.col(j);
      if (!is_last && !steps.is_padding(t, j))
        run.dh.col(j) += dy.col(j).segment(steps.position(t, j) * width() + first_row, hidden());
    });
    cell_.backward(weights_[i], run, t, steps, t > 0 || slopes != nullptr, workers);
  }
  if (slopes != nullptr) {
    rows_of(slopes->hidden, i) = run.dh + run.back;
    if constexpr (Cell::has_cell_state) rows_of(slopes->cell, i) = run.dc;
  }
  RecurrentWeights<T>& of = gradient.weights_[i];
  Product<T>::transposed_right(run.dgates, run.x, of.input, workers);
  if (has_bias()) row_sums(Batch<T>{run.dgates}, of.bias, workers);
  cell_.recurrent_gradients(run, samples, of, workers);
}

}  // namespace descent::inline DESCENT_ABI::detail
