#pragma once

#include <string_view>

#include "descent/core/batch.hpp"

// What the tests see of a backend. They are compiled once; backend.cpp, behind this, for each backend.
namespace backend {

enum class Product { plain, transposed_left, transposed_right };

void multiply(Product, descent::Batch<float> a, descent::Batch<float> b, descent::Matrix<float>& c);
void multiply(Product, descent::Batch<double> a, descent::Batch<double> b, descent::Matrix<double>& c);

std::string_view name_for_float();
std::string_view name_for_double();

/// What a small network that has learnt to read digits gets right of those that it has not seen.
double digits_accuracy();

}  // namespace backend
