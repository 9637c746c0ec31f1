#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "descent/descent.hpp"

namespace hooks_test {

using namespace descent;

namespace {

/// y = x, with every hook. Counts the backward passes that compute dx through a pointer, since compositions copy the
/// layer.
struct Probe {
  static constexpr std::string_view name = "Probe";
  using Scalar = float;
  struct Cache {
    Matrix<> y, dx;
  };

  static void visit(auto&& f, auto&... tree) { f(Parameter{"weight", Role::weight}, tree.weight...); }
  static void visit_state(auto&& f, auto&... tree) { f(Parameter{"updates", Role::state}, tree.updates...); }
  void update_state(const Cache& c) { updates.array() += static_cast<float>(c.y.cols()); }
  static void visit_options(auto&& f, auto&... tree) { f("option", tree.option...); }
  OutputKind output_kind() const { return OutputKind::probabilities; }
  static constexpr UnitKind unit_kind = UnitKind::activated;
  void visit_layers(auto&& f) const { f("inner", inner); }
  void visit_outputs(const Cache& c, auto&& f) const { f(Name{"inner"}, Batch<>{c.y}); }

  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const { return c.y = x; }
  Batch<> backward(const Batch<>& x, const Batch<>& dy, Cache& c, Probe& gradient, const Pass& pass) const {
    backward_parameters(x, dy, c, gradient, pass);
    ++*computed_dx;
    return c.dx = dy;
  }
  void backward_parameters(const Batch<>&, const Batch<>&, Cache&, Probe& gradient, const Pass&) const {
    gradient.weight.setConstant(3);
  }

  int* computed_dx;
  int option = 5;
  Vector<> weight = Vector<>::Ones(1), updates = Vector<>::Zero(1);
  Identity<> inner = {};
};

/// A probe with a describe hook.
struct Described : Probe {
  LayerDescription describe() const { return {"SelfDescribed", {{"secret", 7}}, {}}; }
};

/// The name of each composition, the path of the layer in it, and the kind of its outputs.
struct {
  std::string title, path;
  OutputKind kind;
} const rows[] = {{"Sequential", "0", OutputKind::probabilities},
                  {"DynamicSequential", "0", OutputKind::probabilities},
                  {"AnyLayer", "", OutputKind::probabilities},
                  {"Concat", "0", OutputKind::probabilities},
                  {"Residual", "body", OutputKind::unknown},  // a sum has no kind
                  {"nested at run time", "0.body.0.0", OutputKind::unknown},
                  {"nested at compile time", "0.0.0.body", OutputKind::unknown}};

template <class L>
auto compositions(const L& layer) {
  return std::tuple{Sequential{layer},
                    DynamicSequential{layer},
                    AnyLayer<>{layer},
                    Concat{layer, layer},
                    Residual{layer},
                    DynamicSequential{Residual{AnyLayer<>{Concat{DynamicSequential{layer}}}}},
                    Sequential{Sequential{Concat{Residual{layer}, layer}}, Identity{}}};
}

std::string inside(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + '.' + name;
}

/// Returns the description of the layer at a path.
LayerDescription at(const LayerDescription& all, std::string path) {
  if (path.empty()) return all;
  const std::string first = path.substr(0, path.find('.'));
  path.erase(0, std::min(path.size(), first.size() + 1));
  for (const auto& part : all.layers)
    if (part.name == first) return at(part.layer, path);
  FAIL("no layer " << first);
  return {};
}

/// Checks that the hook of the layer at the path of the row is called through the composition.
template <class M>
void check_hook(std::string_view hook, M model, const auto& row, const int& computed_dx) {
  const Matrix<> x = Matrix<>::Ones(2, 4);
  typename M::Cache cache;
  const Pass pass = Pass::training({});
  const Batch<> y = model.forward(x, cache, pass);
  const auto state = [&] {
    float value = -1;
    visit_state<M>(
        [&](const Parameter& p, const auto& leaf) {
          CHECK(p.role == Role::state);
          if (p.name.path() == inside(row.path, "updates")) value = leaf(0);
        },
        model);
    return value;
  };
  const LayerDescription layer = at(describe(model), row.path);

  if (hook == "name") {
    CHECK(layer.type == "Probe");
  } else if (hook == "visit_state") {
    CHECK(state() == 0);
  } else if (hook == "update_state") {
    update_state(model, cache);
    CHECK(state() == 4);
  } else if (hook == "visit_options") {
    CHECK(layer.options == std::vector<std::pair<std::string, double>>{{"option", 5}});
  } else if (hook == "unit_kind") {
    CHECK(layer.unit_kind == UnitKind::activated);
  } else if (hook == "visit_layers") {
    REQUIRE(layer.layers.size() == 1);
    CHECK(layer.layers[0].name == "inner");
    CHECK(layer.layers[0].layer.type == "Identity");
  } else if (hook == "backward_parameters") {
    M gradient = zeros_like(model);
    backward_parameters(model, x, y, cache, gradient, pass);
    M::visit([](const Parameter&, const auto& leaf) { CHECK(leaf(0) == 3); }, gradient);
    CHECK(computed_dx == 0);
    model.backward(x, y, cache, gradient, pass);
    CHECK(computed_dx > 0);
  } else if (hook == "output_kind") {
    CHECK(output_kind(model) == row.kind);
  } else if (hook == "visit_outputs") {
    std::vector<std::string> names;
    model.visit_outputs(cache, [&](const Name& name, const auto&) { names.push_back(name.path()); });
    CHECK(std::count(names.begin(), names.end(), inside(row.path, "inner")) == 1);
    if (!row.path.empty()) CHECK(std::count(names.begin(), names.end(), row.path) == 1);
  } else if (hook != "describe") {  // see below
    FAIL("no check of the hook " << hook);
  }
}

void for_each_composition(const auto& layer, auto&& f) {
  std::size_t k = 0;
  std::apply([&](const auto&... model) { (f(rows[k++], model), ...); }, compositions(layer));
}

}  // namespace

TEST_CASE("Hooks: each hook is called through every composition") {
  int computed_dx = 0;
  for (const std::string_view hook : detail::hook_names)
    for_each_composition(Probe{.computed_dx = &computed_dx}, [&](const auto& row, const auto& model) {
      CAPTURE(hook, row.title);
      computed_dx = 0;
      check_hook(hook, model, row, computed_dx);
    });
}

TEST_CASE("Hooks: describe is called through every composition") {
  int computed_dx = 0;
  for_each_composition(Described{{.computed_dx = &computed_dx}}, [](const auto& row, const auto& model) {
    CAPTURE(row.title);
    CHECK(at(describe(model), row.path) == LayerDescription{"SelfDescribed", {{"secret", 7}}, {}});
  });
}

TEST_CASE("has_valid_hooks: layers and compositions of the library have valid hooks") {
  STATIC_REQUIRE(has_valid_hooks<Dense<>>);
  STATIC_REQUIRE(has_valid_hooks<BatchNorm<double>>);
  STATIC_REQUIRE(has_valid_hooks<Standardize<>>);
  STATIC_REQUIRE(has_valid_hooks<ReLU<>>);
  for_each_composition(Probe{}, []<class M>(const auto&, const M&) { STATIC_REQUIRE(has_valid_hooks<M>); });
}

}  // namespace hooks_test
