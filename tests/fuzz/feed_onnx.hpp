#pragma once

// A fuzzing target for the reader of ONNX. Separate from feed.hpp, since it requires protozero.

#include <descent/io/onnx/load.hpp>
#include <descent/io/onnx/write.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "feed.hpp"

namespace fuzz {

inline void onnx(std::string_view bytes) {
  using namespace descent;
  std::istringstream in{std::string{bytes}};
  try {
    const OnnxModel model = read_onnx(in);
    std::size_t values = 0;
    for (const OnnxTensor& tensor : model.initializers) values += tensor.values.size();
    expect(values <= bytes.size(), "expected no more values than bytes");
    const DynamicSequential<> net = from_onnx(model);
    expect(static_cast<std::size_t>(parameter_count(net)) <= 8 * bytes.size() + (1 << 16),
           "expected weights in proportion to the bytes");
  } catch (const Error&) {
  }
}

}  // namespace fuzz
