#include <descent/descent.hpp>

#include "conformance/initializer_table.hpp"
#include "conformance/optimizer_table.hpp"
#include "conformance/regularizer_table.hpp"
#include "conformance/schedule_table.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/erased.hpp"
#include "fuzz/public/networks.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;

/// Returns mostly the same network with other values, otherwise one of another architecture.
DynamicSequential<double> mostly(Source& source, const DynamicSequential<double>& net) {
  if (source.one_in(6)) return source.flag() ? usual_network(source) : any_network(source);
  DynamicSequential<double> filled = net;
  const Matrix<double> values = source.values(1, 3);
  visit_flat([&](auto w) { w.setConstant(values(0, w.size() % 3)); }, filled);
  return filled;
}

void minimize_parabola(Source& source, const auto& optimizer) {
  DynamicSequential<double> net = usual_network(source);
  const double curvature = source.flag() ? 1 : source.number();
  MinimizeOptions options{.steps = source.below(4), .gradient_tolerance = 1e-6};
  if (source.one_in(4)) options.gradient_tolerance = source.number();
  if (source.one_in(8)) options.steps = -1;
  minimize(
      net,
      [&](const DynamicSequential<double>& at, DynamicSequential<double>& gradient) {
        double cost = 0;
        visit_flat([&](auto w, auto dw) { cost += curvature * w.square().sum() / 2, dw = curvature * w; }, at,
                   gradient);
        return cost;
      },
      optimizer, options);
}
}  // namespace

void add_optimizers(Calls& calls) {
  conformance::for_each(conformance::optimizers, [&](const auto& row) {
    using Optimizer = AnyOptimizer<DynamicSequential<double>>;
    calls.push_back({row.name + ": init and step", [&row](Source& source) {
                       const Optimizer optimizer{changed(source, row.optimizer)};
                       DynamicSequential<double> net = usual_network(source);
                       auto state = optimizer.init(mostly(source, net));
                       for (unsigned steps = source.below(4); steps > 0; --steps)
                         optimizer.step(net, mostly(source, net), state);
                       optimizer.learning_rate({source.whole(), source.whole(), source.number()});
                     }});
    calls.push_back({row.name + ": minimize", [&row](Source& source) {
                       minimize_parabola(source, Optimizer{changed(source, row.optimizer)});
                     }});
  });
  calls.push_back({"LBFGS: minimize with line search",
                   [](Source& source) { minimize_parabola(source, changed(source, LBFGS{})); }});
  conformance::for_each(conformance::schedules, [&](const auto& row) {
    calls.push_back({row.name + ": value", [&row](Source& source) {
                       const auto schedule = changed(source, row.schedule);
                       const std::int64_t t = source.whole();
                       switch (source.below(4)) {
                         case 0:
                           schedule(t);
                           return;
                         case 1:
                           Warmup{.steps = source.whole(), .then = schedule}(t);
                           return;
                         case 2:
                           LearningRate{PerStep{schedule}}({t, source.whole(), source.number()});
                           return;
                         default:
                           LearningRate{schedule}({source.whole(), t, 1});
                       }
                     }});
  });
  conformance::for_each(conformance::initializers, [&](const auto& row) {
    calls.push_back({row.name + ": weights", [&row](Source& source) {
                       const auto initializer = changed(source, row.initializer);
                       Matrix<double> weight(source.count(3), source.count(2));
                       Rng rng{source.byte()};
                       initializer(weight, Fan{source.size(2), source.size(3)}, rng);
                       Matrix<float> in_float(source.count(3), source.count(2));
                       initializer(in_float, Fan{2, 3}, rng);
                       Dense<double>{source.size(2), source.size(3), rng, initializer};
                     }});
  });
  conformance::for_each(conformance::regularizers, [&](const auto& row) {
    calls.push_back({row.name + ": penalty and gradient", [&row](Source& source) {
                       const auto regularizer = changed(source, row.regularizer);
                       const DynamicSequential<double> net = usual_network(source);
                       DynamicSequential<double> gradient = mostly(source, net);
                       const Index samples = source.size(7);
                       if (source.flag())
                         regularizer.penalty(net, samples);
                       else
                         regularizer.add_gradient(net, gradient, samples);
                     }});
  });
  calls.push_back({"PerLayer: constructor", [](Source& source) {
                     const PerLayer penalty{{source.text(), ElasticNet{source.number(), source.number()}},
                                            {source.text(), L2{source.number()}}};
                     penalty.penalty(source.flag() ? any_network(source) : usual_network(source), 3);
                   }});
  conformance::for_each(conformance::transforms, [&](const auto& row) {
    calls.push_back({row.name + ": apply", [&row](Source& source) {
                       const auto limit = changed(source, row.transform);
                       DynamicSequential<double> net = mostly(source, usual_network(source));
                       limit.apply(net);
                     }});
  });
}

}  // namespace fuzz
