// Compiled with -fno-rtti: AnyLayer::get_if works without RTTI.
#include <descent/descent.hpp>
#include <descent/io/model_file.hpp>

using namespace descent;

int main() {
  Rng rng{1};
  DynamicSequential<> net{Dense{2, 3, rng}, ReLU{}};
  AnyLayer<>& first = net[0];
  const bool knows = first.get_if<Dense<>>() != nullptr && first.get_if<ReLU<>>() == nullptr;
  const Matrix<> x = Matrix<>::Ones(2, 4);
  return knows && predict(net, x).rows() == 3 ? 0 : 1;
}
