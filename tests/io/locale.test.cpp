#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "descent/io/model_file.hpp"
#include "descent/io/safetensors.hpp"
#include "support.hpp"

namespace locale_test {

using namespace descent;

namespace {

/// A network so wide that sizes and offsets in a file have more than three digits.
DynamicSequential<> wide() {
  Rng rng{1};
  return DynamicSequential<>{Dense{1200, 1100, rng}, ELU{{.alpha = 0.7}}, Dense{1100, 5, rng}};
}

}  // namespace

TEST_CASE("save_model: the locale does not change written and read networks") {
  const auto check = [](const DynamicSequential<>& net, const Matrix<>& x) {
    const auto saved = [&] {
      std::ostringstream out;
      save_model(out, net, {.golden = x, .labels = {"a", "b", "c"}});
      return out.str();
    };
    const std::string expected = saved();
    const support::DecimalComma comma;
    CHECK(saved() == expected);
    std::istringstream in{expected};
    CHECK(support::values_of(load_model(in).network) == support::values_of(net));
  };
  Rng rng{2};
  check(DynamicSequential<>{BatchNorm{5, {.momentum = 0.8, .epsilon = 1e-3}}, LeakyReLU{{.slope = 0.2}},
                            Dense{5, 3, rng}, Dropout{{.keep = 0.75}}},
        Matrix<>::Constant(5, 4, 0.25F));
  DynamicSequential<> net = wide();
  net.add(Dense{5, 3, rng});
  check(net, Matrix<>::Ones(1200, 2));
}

TEST_CASE("save_safetensors: the locale does not change written and read networks") {
  const DynamicSequential<> net = wide();
  const auto saved = [&] {
    std::ostringstream out;
    save_safetensors(out, net, {.metadata = {{"a", "1.5"}}});
    return out.str();
  };
  const std::string expected = saved();
  const support::DecimalComma comma;
  CHECK(saved() == expected);
  DynamicSequential<> again = wide();
  DynamicSequential<>::visit([](const Parameter&, auto& leaf) { leaf.setZero(); }, again);
  std::istringstream in{expected};
  CHECK(load_safetensors(in, again) == Metadata{{"a", "1.5"}});
  CHECK(support::values_of(again) == support::values_of(net));
}

}  // namespace locale_test
