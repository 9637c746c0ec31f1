#include "descent/autodiff/to_dot.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include "autodiff/models.hpp"
#include "catch.hpp"

namespace to_dot_test {

using namespace autodiff_models;

TEST_CASE("to_dot: the graph of a cost equals the golden file") {
  const Line line;
  Line gradient = line;
  Graph<double> graph;
  const Matrix<double> x{{1, -1}, {2, 0}, {0.5, 3}};
  value_and_gradient(line, gradient, graph, [&](const Line& l, auto& g) {
    const auto hidden = relu(l.weight * g.input(x) + l.bias);
    return 0.5 * squared_norm(hidden - g.constant(Matrix<double>::Ones(2, 2)));
  });
  const auto golden = [](const std::string& name) {
    std::ifstream file{std::string{DESCENT_TESTS_DIR} + "/golden/" + name};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  CHECK(to_dot(graph) == golden("graph.dot"));
  CHECK(to_dot(graph, {.values = true, .gradients = true}) == golden("graph_with_numbers.dot"));
}

}  // namespace to_dot_test
