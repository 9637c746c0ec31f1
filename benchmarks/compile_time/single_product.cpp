// One product of Eigen matrices: the compile time of any program that uses Eigen.

#include <Eigen/Core>
#include <iostream>

int main() {
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(100, 100), b = Eigen::MatrixXf::Random(100, 100);
  const Eigen::MatrixXf c = a * b;
  std::cout << c(0, 0) << '\n';
}
