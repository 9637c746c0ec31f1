#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/version.hpp"
#include "descent/tree/describe.hpp"

// The source text of exported headers; sequence_functions.hpp has that for sequences.

namespace descent::inline DESCENT_ABI::detail {

/// The functions of an exported header, by name; only those that its network calls are written.
inline constexpr std::pair<std::string_view, std::string_view> exported_functions[] = {
    {"each", R"(
template <class F>
inline void each(F f, const number* x, number* y, int n) {
  for (int i = 0; i < n; ++i) y[i] = f(x[i]);
}
)"},
    {"add", R"(
inline void add(const number* a, const number* b, number* y, int n) {
  for (int i = 0; i < n; ++i) y[i] = a[i] + b[i];
}
)"},
    {"put", R"(
// Copies the channels of a branch between those of the others.
inline void put(const number* x, number* y, int channels, int all, int positions) {
  for (int p = 0; p < positions; ++p)
    for (int c = 0; c < channels; ++c) y[p * all + c] = x[p * channels + c];
}
)"},
    {"dense", R"(
inline void dense(const number* w, const number* b, const number* x, number* y, int in, int out, int positions) {
  for (int p = 0; p < positions; ++p, x += in)
    for (int o = 0; o < out; ++o) {
      number sum = b != nullptr ? b[o] : number(0);
      for (int i = 0; i < in; ++i) sum += w[o * in + i] * x[i];
      *y++ = sum;
    }
}
)"},
    {"normalize", R"(
inline void normalize(const number* mean, const number* factor, const number* offset, const number* x, number* y,
                      int channels, int positions) {
  for (int p = 0; p < positions; ++p)
    for (int c = 0; c < channels; ++c) *y++ = (*x++ - mean[c]) * factor[c] + offset[c];
}
)"},
    {"layer_norm", R"(
inline void layer_norm(const number* gamma, const number* beta, number epsilon, const number* x, number* y,
                       int channels, int positions) {
  for (int p = 0; p < positions; ++p, x += channels, y += channels) {
    number mean = 0, variance = 0;
    for (int c = 0; c < channels; ++c) mean += x[c] - x[0];
    mean = mean / number(channels);
    for (int c = 0; c < channels; ++c) variance += (x[c] - x[0] - mean) * (x[c] - x[0] - mean);
    const number factor = 1 / std::sqrt(variance / number(channels) + epsilon);
    const number first = x[0];
    for (int c = 0; c < channels; ++c) y[c] = gamma[c] * ((x[c] - first - mean) * factor) + beta[c];
  }
}
)"},
    {"rms_norm", R"(
inline void rms_norm(const number* gamma, number epsilon, const number* x, number* y, int channels, int positions) {
  for (int p = 0; p < positions; ++p, x += channels, y += channels) {
    number sum = 0;
    for (int c = 0; c < channels; ++c) sum += x[c] * x[c];
    const number factor = 1 / std::sqrt(sum / number(channels) + epsilon);
    for (int c = 0; c < channels; ++c) y[c] = gamma[c] * (x[c] * factor);
  }
}
)"},
    {"group_norm", R"(
inline void group_norm(const number* gamma, const number* beta, number epsilon, const number* x, number* y,
                       int groups, int channels, int positions) {
  const int each = channels / groups;
  for (int g = 0; g < channels; g += each) {
    const number first = x[g], count = number(each * positions);
    number mean = 0, variance = 0;
    for (int p = 0; p < positions; ++p)
      for (int c = g; c < g + each; ++c) mean += x[p * channels + c] - first;
    mean = mean / count;
    for (int p = 0; p < positions; ++p)
      for (int c = g; c < g + each; ++c) {
        const number off = x[p * channels + c] - first - mean;
        variance += off * off;
      }
    const number factor = 1 / std::sqrt(variance / count + epsilon);
    for (int p = 0; p < positions; ++p)
      for (int c = g; c < g + each; ++c)
        y[p * channels + c] = (x[p * channels + c] - first - mean) * (factor * gamma[c]) + beta[c];
  }
}
)"},
    {"prelu", R"(
inline void prelu(const number* slope, int slopes, const number* x, number* y, int n) {
  for (int i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : slope[i % slopes] * x[i];
}
)"},
    {"softmax", R"(
inline void softmax(const number* x, number* y, int channels, int positions) {
  for (int p = 0; p < positions; ++p, x += channels, y += channels) {
    number most = x[0], sum = 0;
    for (int c = 1; c < channels; ++c) most = x[c] > most ? x[c] : most;
    for (int c = 0; c < channels; ++c) sum += y[c] = std::exp(x[c] - most);
    for (int c = 0; c < channels; ++c) y[c] /= sum;
  }
}
)"},
    {"log_softmax", R"(
inline void log_softmax(const number* x, number* y, int channels, int positions) {
  for (int p = 0; p < positions; ++p, x += channels, y += channels) {
    number most = x[0], sum = 0;
    for (int c = 1; c < channels; ++c) most = x[c] > most ? x[c] : most;
    for (int c = 0; c < channels; ++c) sum += std::exp(x[c] - most);
    for (int c = 0; c < channels; ++c) y[c] = x[c] - most - std::log(sum);
  }
}
)"},
    {"window", R"(
struct window {
  int channels, height, width, out_channels, out_height, out_width, kernel_height, kernel_width, stride_height,
      stride_width, top, left, dilation_height, dilation_width, groups;
};
)"},
    {"convolve", R"(
inline void convolve(const number* w, const number* b, const number* x, number* y, const window& n) {
  const int in_each = n.channels / n.groups, out_each = n.out_channels / n.groups;
  for (int i = 0; i < n.out_height; ++i)
    for (int j = 0; j < n.out_width; ++j)
      for (int o = 0; o < n.out_channels; ++o) {
        number sum = b != nullptr ? b[o] : number(0);
        const number* from = w + o * n.kernel_height * n.kernel_width * in_each;
        for (int u = 0; u < n.kernel_height; ++u)
          for (int v = 0; v < n.kernel_width; ++v, from += in_each) {
            const int row = i * n.stride_height + u * n.dilation_height - n.top;
            const int column = j * n.stride_width + v * n.dilation_width - n.left;
            if (row < 0 || row >= n.height || column < 0 || column >= n.width) continue;
            const number* at = x + (row * n.width + column) * n.channels + o / out_each * in_each;
            for (int c = 0; c < in_each; ++c) sum += from[c] * at[c];
          }
        *y++ = sum;
      }
}
)"},
    {"convolve_transposed", R"(
inline void convolve_transposed(const number* w, const number* b, const number* x, number* y, const window& n) {
  const int in_each = n.channels / n.groups, out_each = n.out_channels / n.groups;
  for (int i = 0; i < n.out_height * n.out_width * n.out_channels; ++i)
    y[i] = b != nullptr ? b[i % n.out_channels] : number(0);
  for (int i = 0; i < n.height; ++i)
    for (int j = 0; j < n.width; ++j)
      for (int c = 0; c < n.channels; ++c, ++x)
        for (int u = 0; u < n.kernel_height; ++u)
          for (int v = 0; v < n.kernel_width; ++v) {
            const int row = i * n.stride_height + u * n.dilation_height - n.top;
            const int column = j * n.stride_width + v * n.dilation_width - n.left;
            if (row < 0 || row >= n.out_height || column < 0 || column >= n.out_width) continue;
            const number* from = w + ((c * n.kernel_height + u) * n.kernel_width + v) * out_each;
            number* at = y + (row * n.out_width + column) * n.out_channels + c / in_each * out_each;
            for (int o = 0; o < out_each; ++o) at[o] += from[o] * *x;
          }
}
)"},
    {"pad", R"(
inline void pad(const number* x, number* y, int channels, int height, int width, int top, int left, int bottom,
                int right) {
  for (int i = -top; i < height + bottom; ++i)
    for (int j = -left; j < width + right; ++j)
      for (int c = 0; c < channels; ++c)
        *y++ = i < 0 || i >= height || j < 0 || j >= width ? number(0) : x[(i * width + j) * channels + c];
}
)"},
    {"upsample", R"(
// The two positions between which one of an enlarged side is, and the share of the second.
struct place {
  int first, second;
  number share;
};
inline place place_of(int i, int size, int factor, bool bilinear) {
  if (!bilinear) return {i / factor, i / factor, 0};
  const int twice = 2 * i + 1 > factor ? 2 * i + 1 - factor : 0, first = twice / (2 * factor);
  return {first, first + 1 < size ? first + 1 : first, number(twice % (2 * factor)) / number(2 * factor)};
}
inline void upsample(const number* x, number* y, int channels, int height, int width, int down, int across,
                     bool bilinear) {
  for (int i = 0; i < height * down; ++i)
    for (int j = 0; j < width * across; ++j) {
      const place row = place_of(i, height, down, bilinear), column = place_of(j, width, across, bilinear);
      for (int c = 0; c < channels; ++c) {
        const auto at = [&](int h, int w) { return x[(h * width + w) * channels + c]; };
        *y++ = (1 - row.share) * ((1 - column.share) * at(row.first, column.first) +
                                  column.share * at(row.first, column.second)) +
               row.share * ((1 - column.share) * at(row.second, column.first) +
                            column.share * at(row.second, column.second));
      }
    }
}
)"},
    {"pool", R"(
// The maximum, or the mean over all numbers of a window or over those inside the image.
enum class pooling { maximum, mean, mean_inside };
inline void pool(pooling kind, const number* x, number* y, const window& n) {
  for (int i = 0; i < n.out_height; ++i)
    for (int j = 0; j < n.out_width; ++j)
      for (int c = 0; c < n.channels; ++c) {
        number most = 0, sum = 0;
        int count = 0;
        for (int u = 0; u < n.kernel_height; ++u)
          for (int v = 0; v < n.kernel_width; ++v) {
            const int row = i * n.stride_height + u - n.top, column = j * n.stride_width + v - n.left;
            if (row < 0 || row >= n.height || column < 0 || column >= n.width) continue;
            const number value = x[(row * n.width + column) * n.channels + c];
            most = count == 0 || value > most ? value : most;
            sum += value;
            ++count;
          }
        if (kind == pooling::mean) count = n.kernel_height * n.kernel_width;
        *y++ = kind == pooling::maximum ? most : sum / number(count);
      }
}
)"},
};

/// Returns the formula of an element-wise activation of `v` in C++; empty for a layer that is none.
inline std::string exported_activation(const LayerDescription& layer) {
  const std::string& type = layer.type;
  const auto number = [](double value) {
    return joined({"number(", Formatted{value, std::chars_format::general, 17}, ')'});
  };
  const auto option = [&] { return number(layer.options.empty() ? 0 : layer.options[0].second); };
  if (type == "ReLU") return "v > 0 ? v : number(0)";
  if (type == "LeakyReLU") return "v > 0 ? v : " + option() + " * v";
  if (type == "ReLU6") return "v < 0 ? number(0) : v > 6 ? number(6) : v";
  if (type == "ELU") return "v > 0 ? v : " + option() + " * std::expm1(v)";
  if (type == "SELU")
    return "v > 0 ? " + number(1.0507009873554805) +
           " * v : " + number(1.0507009873554805 * 1.6732632423543772) + " * std::expm1(v)";
  if (type == "GELU" && layer.options[0].second == 0)
    return "v / 2 * std::erfc(-v * " + number(0.70710678118654752) + ")";
  if (type == "GELU")  // sqrt(2 / pi) and its product with 0.044715, both times -2
    return "v / (1 + std::exp(v * (v * v * " + number(-0.071354816272600243) + " - " +
           number(1.5957691216057308) + ")))";
  if (type == "SiLU") return "v / (1 + std::exp(-v))";
  if (type == "Sigmoid") return "1 / (1 + std::exp(-v))";
  if (type == "Tanh") return "std::tanh(v)";
  if (type == "Softplus") return "(v > 0 ? v : number(0)) + std::log1p(std::exp(v > 0 ? -v : v))";
  if (type == "Softsign") return "v / (1 + (v > 0 ? v : -v))";
  if (type == "HardTanh") return "v < -1 ? number(-1) : v > 1 ? number(1) : v";
  if (type == "HardSwish") return "v * (v < -3 ? number(0) : v > 3 ? number(6) : v + 3) / 6";
  if (type == "HardSigmoid") {
    const std::string line = option() + " * v + number(0.5)";
    return line + " < 0 ? number(0) : " + line + " > 1 ? number(1) : " + line;
  }
  if (type == "Mish")  // tanh(log(1 + w)) for w = exp(v)
    return "v > 20 ? v : v * (std::exp(v) * (std::exp(v) + 2)) / (std::exp(v) * (std::exp(v) + 2) + 2)";
  return {};
}

}  // namespace descent::detail
