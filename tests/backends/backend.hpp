#pragma once

#include <string_view>

#include "descent/core/batch.hpp"

// The interface of the tests to a backend. The tests are compiled once, backend.cpp once per backend.
namespace backend {

enum class Product { plain, transposed_left, transposed_right };

void multiply(Product, descent::Batch<float> a, descent::Batch<float> b, descent::Matrix<float>& c);
void multiply(Product, descent::Batch<double> a, descent::Batch<double> b, descent::Matrix<double>& c);

std::string_view name_for_float();
std::string_view name_for_double();

/// The test accuracy of a small network trained to classify digits.
double digits_accuracy();

}  // namespace backend
