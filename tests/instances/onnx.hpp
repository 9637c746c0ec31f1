// As io.hpp.
#include <descent/io/onnx.hpp>

#ifndef DESCENT_INSTANCE
#define DESCENT_INSTANCE extern template
#endif

namespace descent {

DESCENT_INSTANCE OnnxImporters<float> onnx_patterns();
DESCENT_INSTANCE DynamicSequential<float> from_onnx(const OnnxModel&, const OnnxImporters<float>&);
DESCENT_INSTANCE DynamicSequential<float> load_onnx(std::istream&, const OnnxImporters<float>&);
DESCENT_INSTANCE DynamicSequential<float> load_onnx(const std::filesystem::path&,
                                                    const OnnxImporters<float>&);

}  // namespace descent

#undef DESCENT_INSTANCE
