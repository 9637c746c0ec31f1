#pragma once

/// Tables with names and texts, and the way from them to data sets. Not part of descent/descent.hpp. A network is saved
/// with its Preprocess by descent/tables/model_file.hpp, which needs nlohmann_json, and descent/tables/onnx.hpp.
#include "descent/tables/column_rule.hpp"
#include "descent/tables/dates.hpp"
#include "descent/tables/encode.hpp"
#include "descent/tables/learned_column.hpp"
#include "descent/tables/predict.hpp"
#include "descent/tables/preprocess.hpp"
#include "descent/tables/read_table.hpp"
#include "descent/tables/table.hpp"
