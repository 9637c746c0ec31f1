#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <descent/diagnosis/column_importance.hpp>
#include <descent/io/export_header.hpp>
#include <sstream>
#include <type_traits>
#include <vector>

#include "conformance/loss_table.hpp"
#include "conformance/metric_table.hpp"
#include "conformance/optimizer_table.hpp"
#include "conformance/regularizer_table.hpp"
#include "fuzz/feed_checkpoint.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/erased.hpp"
#include "fuzz/public/networks.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;
using Chain = Sequential<Dense<double>, Tanh<double>, Dense<double>>;

/// Factories that each construct a component from a row of a table.
template <class Component>
using Factories = std::vector<std::function<Component(Source&)>>;

/// A metric whose value is not a number, such as a confusion matrix, which AnyMetric does not accept.
template <class M>
concept WithoutNumber =
    requires(const M& m) { m.value(); } && !requires(const M& m) { static_cast<double>(m.value()); };

template <class Component>
Factories<Component> factories(const auto& table, auto&& of) {
  Factories<Component> all;
  conformance::for_each(table, [&](const auto& row) {
    using Made = decltype(of(row));
    if constexpr (std::is_constructible_v<Component, Made> && !WithoutNumber<Made>)
      all.push_back([&row, of](Source& source) { return Component{changed(source, of(row), Whole::small)}; });
  });
  return all;
}

AnyLoss any_loss(Source& source) {
  static const auto all = factories<AnyLoss>(conformance::losses, [](const auto& row) { return row.loss; });
  return source.pick(all)(source);
}
AnyMetric<double> any_metric(Source& source) {
  static const auto all =
      factories<AnyMetric<double>>(conformance::metrics, [](const auto& row) { return row.metric; });
  return source.pick(all)(source);
}
template <class M>
AnyOptimizer<M> any_optimizer(Source& source) {
  static const auto all =
      factories<AnyOptimizer<M>>(conformance::optimizers, [](const auto& row) { return row.optimizer; });
  return source.pick(all)(source);
}
template <class M>
AnyRegularizer<M> any_regularizer(Source& source) {
  static const auto all = factories<AnyRegularizer<M>>(conformance::regularizers,
                                                       [](const auto& row) { return row.regularizer; });
  return source.pick(all)(source);
}
template <class M>
AnyTransform<M> any_transform(Source& source) {
  static const auto all =
      factories<AnyTransform<M>>(conformance::transforms, [](const auto& row) { return row.transform; });
  return source.pick(all)(source);
}

/// Returns a data set of mostly 5 features, and 1 or 3 rows of targets.
Dataset<double> any_dataset(Source& source) {
  const Index samples = source.one_in(32) ? 300 : source.count(6);
  Dataset<double> data{.x = source.matrix(5, samples), .y = source.matrix(source.flag() ? 1 : 3, samples)};
  if (source.one_in(8)) data.weights = source.values<double>(source.count(samples), 1).cwiseAbs();
  return data;
}

template <class M>
M model_for(Source& source) {
  if constexpr (std::is_same_v<M, Chain>) {
    Rng rng{5};
    return Chain{Dense<double>{5, 4, rng}, Tanh<double>{}, Dense<double>{source.count(4), 3, rng}};
  } else {
    return source.one_in(8) ? any_network(source) : usual_network(source);
  }
}

template <class M>
FitOptions<M> any_options(Source& source, const Dataset<double>& validation) {
  FitOptions<M> options{.epochs = 1, .batch_size = 2, .progress = silent};
  const auto sometimes = [&](auto& member) {
    if (source.one_in(12)) change(source, member, Whole::any);
  };
  if (source.one_in(8)) options.epochs = static_cast<int>(source.below(4)) - 1;
  if (source.one_in(4)) options.validation = &validation;
  if (source.one_in(3)) options.metrics.push_back(any_metric(source));
  if (source.one_in(8)) options.metrics.push_back(any_metric(source));
  if (source.one_in(4)) options.regularizer = any_regularizer<M>(source);
  if (source.one_in(4)) options.clip = any_transform<M>(source);
  if (source.one_in(4)) options.constraint = any_transform<M>(source);
  if (source.one_in(4)) options.early_stopping = changed(source, EarlyStopping{});
  if (source.one_in(4)) options.reduce_on_plateau = changed(source, ReduceOnPlateau{});
  if (source.one_in(8)) options.threads = source.one_in(16) ? 2 : static_cast<int>(source.size(1));
  if (options.threads > 8 && options.threads <= 4096) options.threads = 1;  // starting them is slow
  if (source.one_in(6)) options.frozen = std::vector<std::string>(1 + source.below(2), source.text());
  if (source.one_in(6)) options.rate_factors = {{source.text(), source.number()}};
  if (source.one_in(64)) options.resume_from = "no/such/file";
  if (source.one_in(16)) options.checkpoint.every_seconds = source.number();
  sometimes(options.checkpoint.every_steps);
  sometimes(options.batch_size);
  sometimes(options.accumulate);
  sometimes(options.average_weights);
  sometimes(options.shuffle);
  sometimes(options.first_epoch);
  if (source.one_in(16)) options.order = std::vector<Index>{0, source.size(4), source.below(3)};
  if (source.one_in(16)) options.on_step_end = {[](const auto& e) { static_cast<void>(e.before); }};
  if (source.one_in(8)) {  // the maximum of epochs, ended by a callback
    options.epochs = std::numeric_limits<int>::max();
    options.on_step_end = {[](const auto&) { return Next::stop; }};
  }
  return options;
}

template <class M>
void add_training_of(Calls& calls, const std::string& name) {
  calls.push_back({name + ": fit", [](Source& source) {
                     const auto train = any_dataset(source), validation = any_dataset(source);
                     M model = model_for<M>(source);
                     fit(model, train, any_loss(source), any_optimizer<M>(source),
                         any_options<M>(source, validation));
                   }});
  calls.push_back({name + ": Trainer", [](Source& source) {
                     const auto train = any_dataset(source), validation = any_dataset(source);
                     Trainer trainer{model_for<M>(source), any_loss(source), any_optimizer<M>(source),
                                     any_options<M>(source, validation)};
                     for (unsigned n = source.below(4); n > 0; --n) {
                       const auto data = source.one_in(4) ? any_dataset(source) : train;
                       if (source.flag())
                         trainer.step(data.x, data.y, data.weights);
                       else
                         trainer.run(data, static_cast<int>(source.below(3)) - source.one_in(8));
                       if (source.one_in(8)) trainer.model = model_for<M>(source);
                       if (source.one_in(8)) trainer.options = any_options<M>(source, validation);
                     }
                     trainer.epochs_left();
                     trainer.learning_rate();
                   }});
  calls.push_back({name + ": predict", [](Source& source) {
                     const M model = model_for<M>(source);
                     const Matrix<double> x = any_dataset(source).x;
                     if (source.flag())
                       predict(model, x);
                     else
                       predict_classes(model, x, source.number());
                   }});
  calls.push_back({name + ": evaluate", [](Source& source) {
                     const M model = model_for<M>(source);
                     const auto data = any_dataset(source);
                     evaluate(model, data, any_loss(source));
                   }});
  calls.push_back({name + ": outputs_of", [](Source& source) {
                     const M model = model_for<M>(source);
                     outputs_of(model, source.text(), any_dataset(source).x);
                   }});
  calls.push_back({name + ": set_parameters", [](Source& source) {
                     M model = model_for<M>(source);
                     const Index right = parameters_of(model).size();
                     set_parameters(model, source.values<double>(source.count(right), 1));
                   }});
  calls.push_back({name + ": permutation_importance, sensitivity", [](Source& source) {
                     const M model = model_for<M>(source);
                     const auto data = any_dataset(source);
                     PermutationOptions options{.repetitions = static_cast<int>(source.below(3))};
                     if (source.one_in(4))
                       options.groups = {{source.text(), {source.size(1), source.size(2)}}};
                     if (source.flag())
                       permutation_importance(model, data, any_loss(source), options);
                     else
                       sensitivity(model, data);
                   }});
  calls.push_back({name + ": export_header", [](Source& source) {
                     const M model = model_for<M>(source);
                     std::ostringstream out;
                     ExportHeader options{.inputs = {source.size(3), source.size(1), source.size(1)}};
                     if (source.one_in(8)) options.name = source.text();
                     options.probabilities = source.flag();
                     export_header(out, model, options);
                   }});
  calls.push_back({name + ": estimate_statistics", [](Source& source) {
                     M model = model_for<M>(source);
                     estimate_statistics(model, source.matrix(5, 3));
                   }});
  calls.push_back({name + ": summary", [](Source& source) {
                     const M model = model_for<M>(source);
                     summary(model, Shape{source.size(5), source.size(1), source.size(1)});
                   }});
  calls.push_back({name + ": overfit", [](Source& source) {
                     const M model = model_for<M>(source);
                     const auto train = any_dataset(source);
                     overfit(model, any_loss(source), any_optimizer<M>(source), train,
                             {.samples = source.size(4),
                              .steps = static_cast<int>(source.below(5)) - source.one_in(8),
                              .seed = source.byte()});
                   }});
  calls.push_back({name + ": find_learning_rate", [](Source& source) {
                     const M model = model_for<M>(source);
                     const auto train = any_dataset(source);
                     FindLearningRateOptions options{.steps = static_cast<int>(source.below(9)),
                                                     .batch_size = source.size(2),
                                                     .seed = source.byte()};
                     if (source.one_in(4)) options.lowest = source.number();
                     if (source.one_in(4)) options.highest = source.number();
                     find_learning_rate(model, any_loss(source), Adam{}, train, options);
                   }});
  calls.push_back({name + ": check_gradient", [](Source& source) {
                     const M model = model_for<M>(source);
                     const auto data = any_dataset(source);
                     GradientCheckOptions<M> options{.seed = source.byte(), .entries_per_block = 2};
                     if (source.one_in(4)) options.epsilon = source.number();
                     if (source.one_in(4)) options.regularizer = any_regularizer<M>(source);
                     if (source.one_in(4)) options.training = source.flag();
                     if (source.one_in(4)) options.entries_per_block = source.size(0);
                     if (source.one_in(4)) options.worst = static_cast<std::size_t>(source.whole());
                     check_gradient(model, any_loss(source),
                                    data.x.leftCols(std::min(data.x.cols(), Index{6})),
                                    data.y.leftCols(std::min(data.y.cols(), Index{6})), options);
                   }});
}

}  // namespace

void add_training(Calls& calls) {
  add_training_of<DynamicSequential<double>>(calls, "DynamicSequential");
  add_training_of<Chain>(calls, "Sequential");
  conformance::for_each(conformance::metrics, [&](const auto& row) {
    calls.push_back({row.name + ": evaluate", [&row](Source& source) {
                       const auto model = model_for<DynamicSequential<double>>(source);
                       evaluate(model, any_dataset(source), changed(source, row.metric, Whole::small));
                     }});
  });
  calls.push_back({"checkpoint", [](Source& source) { checkpoint(source.rest()); }});
  calls.push_back({"ThreadWorkers: constructor", [](Source& source) {
                     const auto threads = static_cast<int>(source.whole());
                     if (threads <= 1 || threads > 4096) ThreadWorkers{threads}.run([](int) {});
                   }});
  calls.push_back(
      {"Progress", [](Source& source) {
         std::ostringstream out;
         const auto style = source.flag() ? ProgressStyle::bar : ProgressStyle::lines;
         Progress progress{{.out = &out, .style = style}, static_cast<int>(source.whole()), source.size(9)};
         const NamedValues values{{source.text(), source.number()}};
         if (source.flag()) progress.begin_epoch();
         progress.update(source.size(3), values, source.number());
         progress.end_epoch(values);
       }});
}

}  // namespace fuzz
