// Lesson 34: from a table to a saved model. Lesson 35 is the program that predicts with it.

#include <descent/descent.hpp>
#include <descent/tables.hpp>
#include <descent/tables/model_file.hpp>
#include <iostream>

#include "house_table.hpp"

using namespace descent;

int main() try {
  write_houses("houses.csv", 2000, 1);
  const auto [train, dev, test] = split(read_table("houses.csv"), {.train = 0.8, .dev = 0});
  const Preprocess prepare{
      train,
      {.target = "price",
       .columns = {{"condition", {.order = {"poor", "fair", "good", "new"}}}, {"lot", {.log = true}}}}};
  const Dataset<> data = prepare.dataset(train);
  Rng rng{1};
  Sequential net{Dense{prepare.features(), 32, rng}, ReLU{}, Dense{32, 1, rng}};
  fit(net, data, MeanSquaredError{}, Adam{.learning_rate = 3e-3}, {.epochs = 60, .progress = silent});
  std::cout << "R2 " << evaluate(net, prepare.dataset(test), R2{}) << '\n';
  save_model("houses.model", net, prepare, {.golden = data.x.leftCols(4)});

  write_houses("new_houses.csv", 5, 2);  // for lesson 35, whose predictions must be the same
  write_npy("new_houses.npy", predict(net, prepare, read_table("new_houses.csv", prepare.table_options())));
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
