#include <descent/descent.hpp>

int main() {
  const descent::Matrix<float> x = descent::Matrix<float>::Identity(2, 2);
  return x.sum() == 2.0f ? 0 : 1;
}
