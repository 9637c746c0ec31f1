#define DESCENT_INSTANCE template
#include "instances/io.hpp"
#ifdef DESCENT_INSTANCES_ONNX
#define DESCENT_INSTANCE template
#include "instances/onnx.hpp"
#endif
