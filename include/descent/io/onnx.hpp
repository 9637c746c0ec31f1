#pragma once

// Saves and loads networks as .onnx. Needs protozero: link descent::onnx, or add its headers to the include path.

#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
