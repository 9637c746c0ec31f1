#include "descent/training/mini_batch.hpp"

#include <vector>

#include "catch.hpp"

namespace mini_batch_test {

using namespace descent;

TEST_CASE("MiniBatch: matrices are loaded without a copy and samples by index are gathered") {
  const Dataset<double> data{.x = Matrix<double>{{1, 2, 3, 4}, {5, 6, 7, 8}},
                             .y = Matrix<double>{{10, 20, 30, 40}},
                             .weights = Vector<double>{{1, 2, 0, 3}},
                             .shape = {1, 1, 2}};
  detail::GatheredSamples<double> memory;

  const detail::MiniBatch<double> given{data.inputs(), data.y, data.weights};
  const auto some = given.part({1, 2}).load(memory);
  CHECK(some.x.data() == data.x.data() + 2);
  CHECK(some.y == data.y.middleCols(1, 2));
  CHECK(some.x.shape() == data.shape);
  CHECK(some.weights(0) == 2);
  CHECK(memory.x.size() == 0);

  const std::vector<Index> numbers{3, 0, 2};
  const Augmentation<double> none;
  const detail::MiniBatch<double> picked{data, numbers, {&none, 0, 0}};
  CHECK(picked.size() == 3);
  CHECK(picked.load(memory).x.shape() == data.shape);
  CHECK(picked.load(memory).weights(0) == 3);
  CHECK(picked.load(memory).y == Matrix<double>{{40, 10, 30}});
  CHECK(picked.part({1, 2}).load(memory).x == Matrix<double>{{1, 3}, {5, 7}});
}

}  // namespace mini_batch_test
