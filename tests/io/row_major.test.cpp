#include "descent/io/row_major.hpp"

#include <initializer_list>
#include <vector>

#include "catch.hpp"

namespace row_major_test {

using namespace descent;

namespace {

/// Returns the values of a tensor in row-major order, by the formula for their position in memory.
std::vector<float> expected(const Matrix<>& numbers, const Dimensions& sizes) {
  std::vector<float> all;
  for (Index position = 0; position < sizes.size(); ++position) {
    Index rest = position, place = 0;
    for (std::size_t k = sizes.rank(); k-- > 0; rest /= sizes[k]) place += rest % sizes[k] * sizes.stride(k);
    all.push_back(numbers.data()[place]);
  }
  return all;
}

}  // namespace

TEST_CASE("to_row_major: values of any dimensions and order are restored by from_row_major") {
  // Some are larger than the blocks of a copy and than a slab.
  for (const Dimensions& sizes :
       {Dimensions{7}, Dimensions{3, 4}, Dimensions{{3, 4}, {1, 0}}, Dimensions{70, 41}, Dimensions{300, 401},
        Dimensions{{2, 3, 4, 5}, {0, 1, 3, 2}}, Dimensions{{2, 3, 4, 5}, {3, 2, 1, 0}},
        Dimensions{{40, 3, 2, 35}, {2, 0, 3, 1}}, Dimensions{{2, 1, 3, 2, 4}, {4, 1, 0, 2, 3}},
        Dimensions{0, 3}}) {
    CAPTURE(sizes.rank(), sizes.size());
    Matrix<> numbers(sizes.size(), 1);
    for (Index i = 0; i < numbers.size(); ++i) numbers(i) = static_cast<float>(i);
    std::vector<float> written;
    detail::to_row_major(TensorView<float>{numbers, sizes},
                         [&](auto some) { written.insert(written.end(), some.begin(), some.end()); });
    CHECK(written == expected(numbers, sizes));

    Matrix<> again = Matrix<>::Zero(sizes.size(), 1);
    auto next = written.begin();
    detail::from_row_major(TensorView<float>{again, sizes}, [&](auto some) {
      for (float& number : some) number = *next++;
    });
    CHECK(again == numbers);
  }
}

TEST_CASE("transposed: the transpose of a matrix is in the same memory") {
  for (const Dimensions& sizes : {Dimensions{3, 4}, Dimensions{{3, 4}, {1, 0}}}) {
    const Dimensions other = detail::transposed(sizes);
    CHECK(other[0] == 4);
    CHECK(other[1] == 3);
    CHECK(other.stride(0) == sizes.stride(1));
    CHECK(other.stride(1) == sizes.stride(0));
    CHECK(detail::transposed(other) == sizes);
  }
}

}  // namespace row_major_test
