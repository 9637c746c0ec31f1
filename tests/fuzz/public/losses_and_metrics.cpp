#include <descent/descent.hpp>

#include "conformance/loss_table.hpp"
#include "conformance/metric_table.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;

/// Returns the matrix of a row, possibly changed, or another one of mostly the same shape.
Matrix<double> like(Source& source, const Matrix<double>& m) {
  if (source.one_in(2)) return source.matrix(m.rows(), m.cols());
  Matrix<double> changed = m;
  if (source.one_in(2)) changed.data()[source.below(static_cast<std::size_t>(m.size()))] = source.number();
  return changed;
}

/// Returns no weights, or mostly one per sample.
Vector<double> weights(Source& source, Index samples) {
  if (source.flag()) return {};
  return source.values<double>(source.count(samples), 1);
}
}  // namespace

void add_losses_and_metrics(Calls& calls) {
  conformance::for_each(conformance::losses, [&](const auto& row) {
    calls.push_back({row.name + ": value and gradient", [&row](Source& source) {
                       const auto loss = changed(source, row.loss);
                       const Matrix<double> p = like(source, row.prediction), t = like(source, row.target);
                       const Vector<double> w = weights(source, p.cols());
                       Matrix<double> dy;
                       if constexpr (requires { loss.check(Index{}, Batch<double>{t}); })
                         if (source.one_in(4)) loss.check(source.size(p.rows()), Batch<double>{t});
                       if (source.flag())
                         loss.value(Batch<double>{p}, Batch<double>{t}, w);
                       else
                         loss.value_and_gradient(Batch<double>{p}, Batch<double>{t}, dy, w);
                     }});
  });
  calls.push_back({"softmax", [](Source& source) { softmax(source.matrix(3, 2)); }});
  conformance::for_each(conformance::metrics, [&](const auto& row) {
    calls.push_back({row.name + ": update, merge and value", [&row](Source& source) {
                       auto metric = changed(source, row.metric, Whole::small);
                       for (int i = 0; i < 2; ++i) {
                         const Matrix<double> p = like(source, row.prediction), t = like(source, row.target);
                         metric.update(Batch<double>{p}, Batch<double>{t}, weights(source, p.cols()));
                       }
                       auto other = row.metric;
                       const Matrix<double> p = source.matrix(3, 4),
                                            t = source.matrix(source.flag() ? 1 : 3, 4);
                       if (source.flag()) other.update(Batch<double>{p}, Batch<double>{t});
                       metric.merge(source.one_in(4) ? metric : other);
                       metric.value();
                       if constexpr (requires { metric.per_class(); }) metric.per_class();
                     }});
  });
  calls.push_back({"ConfusionMatrix: constructor", [](Source& source) {
                     ConfusionMatrix counts{source.size(3)};
                     counts.merge(ConfusionMatrix{source.size(3)});
                   }});
  calls.push_back({"predicted_class and target_class", [](Source& source) {
                     const Matrix<double> m = source.matrix(3, 4);
                     const Index sample = source.size(2);
                     if (source.flag())
                       predicted_class(m, sample, source.number());
                     else
                       target_class(m, sample);
                   }});
}

}  // namespace fuzz
