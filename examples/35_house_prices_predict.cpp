// Lesson 35: predicts with the model that lesson 34 saved; it needs nothing of what trained it.

#include <descent/io/npy.hpp>
#include <descent/tables.hpp>
#include <descent/tables/model_file.hpp>
#include <iostream>

using namespace descent;

int main() try {
  const auto [network, prepare] = load_table_model("houses.model");
  const Matrix<> prices = predict(network, prepare, read_table("new_houses.csv", prepare.table_options()));
  std::cout << "prices " << prices
            << "\nthe same bits as in lesson 34: " << (prices == read_npy("new_houses.npy") ? "yes" : "no")
            << '\n';
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
