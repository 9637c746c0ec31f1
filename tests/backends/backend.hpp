#pragma once

#include <Eigen/Core>
#include <string_view>

// The interface of the tests to a backend. The tests are compiled once, backend.cpp once per backend; the types are
// those of Eigen, because those of the library have the backend in their names.
namespace backend {

enum class Product { plain, transposed_left, transposed_right };

using Eigen::MatrixXd, Eigen::MatrixXf, Eigen::Ref;

void multiply(Product, Ref<const MatrixXf> a, Ref<const MatrixXf> b, MatrixXf& c, int threads = 1);
void multiply(Product, Ref<const MatrixXd> a, Ref<const MatrixXd> b, MatrixXd& c, int threads = 1);

std::string_view name_for_float();
std::string_view name_for_double();

/// The test accuracy of a small network trained to classify digits.
double digits_accuracy();

}  // namespace backend
