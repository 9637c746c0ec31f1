#include "descent/core/function_ref.hpp"

#include <memory>

#include "catch.hpp"

namespace function_ref_test {

using descent::FunctionRef;

TEST_CASE("FunctionRef: calls the referenced callable and sees its state") {
  int calls = 0;
  auto add = [&calls](int a, int b) { return ++calls, a + b; };
  const FunctionRef<int(int, int)> f{add};
  CHECK(f(2, 3) == 5);
  CHECK(f(-1, 1) == 0);
  CHECK(calls == 2);
}

TEST_CASE("FunctionRef: a copy refers to the callable and not to the first reference") {
  const auto twice = [](int a) { return 2 * a; };
  auto first = std::make_unique<FunctionRef<int(int)>>(twice);
  const FunctionRef<int(int)> copy = *first;
  first.reset();
  CHECK(copy(21) == 42);
}

TEST_CASE("FunctionRef: accepts a temporary as an argument and converts the result") {
  const auto call = [](FunctionRef<double(int)> f) { return f(3); };
  CHECK(call([](int a) { return a + 1; }) == 4.0);
}

}  // namespace function_ref_test
