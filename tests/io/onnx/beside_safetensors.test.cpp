// Includes all file formats in one program: their names do not collide.
#include <descent/descent.hpp>
#include <descent/io/model_file.hpp>
#include <descent/io/onnx.hpp>
#include <descent/io/safetensors.hpp>
#include <sstream>

#include "catch.hpp"
#include "support.hpp"

namespace onnx_beside_safetensors_test {

using namespace descent;

TEST_CASE("save_onnx: all file formats work in one program") {
  Rng rng{1};
  const DynamicSequential<> net{Dense{3, 4, rng}, ReLU{}, Dense{4, 2, rng}};
  std::stringstream model, onnx, tensors;
  save_model(model, net, {.golden = Matrix<>::Ones(3, 1)});
  save_onnx(onnx, net);
  save_safetensors(tensors, net);
  CHECK(support::values_of(load_model(model).network) == support::values_of(net));
  CHECK(support::values_of(load_onnx(onnx)) == support::values_of(net));
  DynamicSequential<> other{Dense{3, 4, rng}, ReLU{}, Dense{4, 2, rng}};
  load_safetensors(tensors, other);
  CHECK(support::values_of(other) == support::values_of(net));
}

}  // namespace onnx_beside_safetensors_test
