#include <descent/io/safetensors.hpp>
#include <descent/layers/dense.hpp>
#include <sstream>

using namespace descent;

int main() {
  Rng rng{1};
  Dense layer{2, 3, rng};
  std::stringstream file;
  save_safetensors(file, layer);
  load_safetensors(file, layer);
}
