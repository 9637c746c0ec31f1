#pragma once

// The readers that need no library. io/gzip.hpp needs zlib, io/images.hpp libpng and TurboJPEG,
// io/safetensors.hpp and io/model_file.hpp nlohmann_json, and io/onnx.hpp protozero.
#include "descent/io/csv.hpp"
#include "descent/io/idx.hpp"
#include "descent/io/npy.hpp"
#include "descent/io/npy/dataset.hpp"
#include "descent/io/open_file.hpp"
