#pragma once

// Writes networks as .onnx and reads them. Needs protozero: link descent::onnx, or have its headers on the path.

#include "descent/io/onnx/load.hpp"
#include "descent/io/onnx/save.hpp"
