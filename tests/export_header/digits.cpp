// Compares the predictions of the exported network of lesson 42 with those of the lesson, for all digits.

#include <cstdio>

#include "digits_net.hpp"
#include "digits_table.hpp"

int main() {
  int count = 0, wrong = 0;
  for (const auto& image : pixels) {
    float x[digits::inputs], y[digits::outputs], sum = 0;
    for (int i = 0; i < digits::inputs; ++i) x[i] = image[i];
    digits::predict(x, y);
    for (const float probability : y) sum += probability;
    wrong += digits::predict_class(x) != predictions[count++] || sum < 0.9999F || sum > 1.0001F;
  }
  std::printf("%d predictions, %d of them other than the lesson's\n", count, wrong);
  return wrong == 0 && count == 1797 ? 0 : 1;
}
