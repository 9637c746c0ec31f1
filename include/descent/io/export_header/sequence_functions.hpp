#pragma once

#include <string_view>
#include <utility>

#include "descent/core/version.hpp"

// The source text of exported headers for layers of sequences.

namespace descent::inline DESCENT_ABI::detail {

/// The functions for sequences, after those of `exported_functions`, which they call.
inline constexpr std::pair<std::string_view, std::string_view> exported_sequence_functions[] = {
    {"embed", R"(
// Tokens are whole numbers below that of the rows of w.
inline void embed(const number* w, const number* x, number* y, int size, int positions) {
  for (int p = 0; p < positions; ++p)
    for (int c = 0; c < size; ++c) *y++ = w[int(x[p]) * size + c];
}
)"},
    {"recurrent", R"(
inline number logistic(number v) { return 1 / (1 + std::exp(-v)); }

// A direction of a recurrent layer with n units. A cell replaces the state by the products of a step with the inputs and
// with the state; `work` has the state of 2 n numbers and both products.
template <class Cell>
inline void recurrent(Cell cell, int gates, const number* w, const number* u, const number* b, const number* c,
                      const number* x, number* y, number* work, int in, int n, int steps, int width, bool reversed,
                      bool only_last) {
  number *state = work, *of_inputs = work + 2 * n, *of_state = of_inputs + gates * n;
  for (int i = 0; i < 2 * n; ++i) state[i] = 0;
  for (int s = 0; s < steps; ++s) {
    const int t = reversed ? steps - 1 - s : s;
    dense(w, b, x + t * in, of_inputs, in, gates * n, 1);
    dense(u, c, state, of_state, n, gates * n, 1);
    cell(u, of_inputs, of_state, state, n);
    for (int i = 0; i < n; ++i) y[(only_last ? 0 : t * width) + i] = state[i];
  }
}
)"},
    {"rnn_tanh", R"(
inline void rnn_tanh(const number*, const number* a, const number* b, number* h, int n) {
  for (int i = 0; i < n; ++i) h[i] = std::tanh(a[i] + b[i]);
}
)"},
    {"rnn_relu", R"(
inline void rnn_relu(const number*, const number* a, const number* b, number* h, int n) {
  for (int i = 0; i < n; ++i) h[i] = a[i] + b[i] > 0 ? a[i] + b[i] : number(0);
}
)"},
    {"lstm", R"(
inline void lstm(const number*, const number* a, const number* b, number* h, int n) {
  number* c = h + n;
  for (int i = 0; i < n; ++i) {
    const auto gate = [&](int k) { return a[k * n + i] + b[k * n + i]; };
    c[i] = logistic(gate(1)) * c[i] + logistic(gate(0)) * std::tanh(gate(2));
    h[i] = logistic(gate(3)) * std::tanh(c[i]);
  }
}
)"},
    {"gru", R"(
inline void gru(const number*, const number* a, const number* b, number* h, int n) {
  for (int i = 0; i < n; ++i) {
    const number r = logistic(a[i] + b[i]), z = logistic(a[n + i] + b[n + i]);
    const number candidate = std::tanh(a[2 * n + i] + r * b[2 * n + i]);
    h[i] = candidate + z * (h[i] - candidate);
  }
}
)"},
    {"gru_reset_before", R"(
// The product with the state after the reset takes the place of that with the state before it.
inline void gru_reset_before(const number* u, const number* a, number* b, number* h, int n) {
  for (int i = 0; i < n; ++i) {
    h[n + i] = logistic(a[i] + b[i]) * h[i];
    b[n + i] = logistic(a[n + i] + b[n + i]);
  }
  dense(u + 2 * n * n, nullptr, h + n, b + 2 * n, n, n, 1);
  for (int i = 0; i < n; ++i) {
    const number candidate = std::tanh(a[2 * n + i] + b[2 * n + i]);
    h[i] = candidate + b[n + i] * (h[i] - candidate);
  }
}
)"},
    {"rotate", R"(
// Rotates pairs of a head by angles that grow with the step.
inline void rotate(const number* cosine, const number* sine, number* x, int stride, int heads, int size, int steps,
                   bool halves) {
  const int pairs = size / 2;
  for (int t = 0; t < steps; ++t)
    for (int head = 0; head < heads; ++head)
      for (int i = 0; i < pairs; ++i) {
        number* at = x + t * stride + head * size + (halves ? i : 2 * i);
        number &a = at[0], &b = at[halves ? pairs : 1];
        const number c = cosine[t * pairs + i], s = sine[t * pairs + i], old = a;
        a = old * c - b * s;
        b = old * s + b * c;
      }
}
)"},
    {"attend", R"(
// A step of x has queries, keys and values of all heads.
inline void attend(const number* x, number* y, number* share, int heads, int size, int steps, bool causal) {
  const int features = heads * size, stride = 3 * features;
  const number factor = 1 / std::sqrt(number(size));
  for (int head = 0; head < features; head += size)
    for (int t = 0; t < steps; ++t) {
      const int keys = causal ? t + 1 : steps;
      for (int s = 0; s < keys; ++s) {
        const number *query = x + t * stride + head, *key = x + s * stride + features + head;
        share[s] = 0;
        for (int i = 0; i < size; ++i) share[s] += query[i] * key[i];
        share[s] *= factor;
      }
      softmax(share, share, keys, 1);
      for (int i = 0; i < size; ++i) {
        number sum = 0;
        for (int s = 0; s < keys; ++s) sum += share[s] * x[s * stride + 2 * features + head + i];
        y[t * features + head + i] = sum;
      }
    }
}
)"},
};

}  // namespace descent::detail
