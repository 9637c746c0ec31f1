#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/metrics/any_metric.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/parallel/together.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/serialize/xxh64.hpp"
#include "descent/training/checkpoint/file.hpp"
#include "descent/training/exchange.hpp"
#include "descent/training/non_finite.hpp"
#include "descent/training/rate_factor.hpp"
#include "descent/training/training_loop.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI::detail {

// The functions are templates, so that programs of a single process do not compile them.

/// Throws DataError unless all ranks have the same lines of text. Names the first that differs.
void expect_same_lines(auto& ranks, std::string_view text) {
  std::string expected, problem;
  int rank = 0;
  ranks.all_gather(text, [&](std::string_view other) {
    if (rank++ == 0) {
      expected = other;
    } else if (problem.empty() && other != expected) {
      const auto differs = std::mismatch(expected.begin(), expected.end(), other.begin(), other.end());
      const auto at = static_cast<std::size_t>(differs.first - expected.begin());
      const auto line_of = [&](std::string_view all) {
        const std::size_t begin = at == 0 ? 0 : all.rfind('\n', at - 1) + 1;
        return begin < all.size() ? all.substr(begin, all.find('\n', begin) - begin) : "nothing";
      };
      problem = joined(
          {"expected ", line_of(expected), " on rank ", rank - 1, " as on rank 0, got ", line_of(other)});
    }
  });
  if (!problem.empty())
    throw_error<DataError>("fit", {problem}, "give all ranks the same model and the same options");
}

/// Appends a line for each layer, with its options.
void append_lines(auto& text, const LayerDescription& layer, std::string_view path) {
  append(text, {"layer \"", path, "\" ", layer.type});
  for (const auto& [name, value] : layer.options)
    append(text, {" .", name, ' ', Formatted{value, std::chars_format::general, 17}});
  text += '\n';
  for (const LayerDescription::Part& part : layer.layers)
    append_lines(text, part.layer, path.empty() ? part.name : joined({path, '.', part.name}));
}

/// Returns the values that visit(archive) visits, as bytes.
std::string packed(const auto& visit) {
  CheckpointWriter<XXH64> writer;
  visit(static_cast<Archive&>(writer));
  return std::move(writer).finish();
}
/// Reads the values back.
void unpack(std::string_view bytes, const auto& visit) {
  CheckpointReader<XXH64> reader{bytes, "of another rank"};
  visit(static_cast<Archive&>(reader));
  reader.expect_end();
}

/// The exchange of two ranks or more.
template <Layer M>
class RankExchange final : public Exchange<M> {
 public:
  using T = typename M::Scalar;
  using Metrics = std::vector<AnyMetric<T>>;

  WeightedSum sum(Communicator& ranks, const WeightedSum& own) const override {
    double numbers[] = {own.sum, own.weight};
    ranks.all_reduce_sum(numbers);
    return {numbers[0], numbers[1]};
  }

  void sum(Communicator& ranks, M& gradient, std::vector<T>& flat) const override {
    sum_leaves(ranks, gradient, flat, false);
  }

  bool sum_of_others(Communicator& ranks, M& gradient, std::vector<T>& flat) const override {
    visit_leaves(gradient, [](const Leaf<T>& leaf) { std::fill_n(leaf.data, leaf.size(), T(0)); });
    sum_leaves(ranks, gradient, flat, false);
    return all_parameters_finite(gradient, single_thread);
  }

  void average_state(Communicator& ranks, M& model, Index samples, std::vector<T>& flat) const override {
    bool has_state = false;
    visit_leaves(model, [&](const Leaf<T>& leaf) { has_state = has_state || leaf.is_state(); });
    if (!has_state) return;
    const auto own = static_cast<double>(samples), share = own / sum(ranks, {own, 0}).sum;
    visit_leaves(model, [&](const Leaf<T>& leaf) {
      if (leaf.is_state()) leaf.array() *= static_cast<T>(share);
    });
    sum_leaves(ranks, model, flat, true);
  }

  void merge(Communicator& ranks, Metrics& metrics) const override {
    const std::string own = packed([&](Archive& a) { visit_each(a, metrics); });
    bool is_first = true;
    ranks.all_gather(own, [&](std::string_view bytes) {
      Metrics other = metrics;
      unpack(bytes, [&](Archive& a) { visit_each(a, other); });
      for (std::size_t i = 0; i < metrics.size(); ++i)
        is_first ? void(metrics[i] = other[i]) : metrics[i].merge(other[i]);
      is_first = false;
    });
  }

  void visit(Communicator& ranks, Archive& a, Metrics& metrics) const override {
    std::vector<std::string> of_ranks;
    ranks.all_gather(packed([&](Archive& own) { visit_each(own, metrics); }),
                     [&](std::string_view bytes) { of_ranks.emplace_back(bytes); });
    a("metrics_of_ranks", of_ranks);
    if (static_cast<int>(of_ranks.size()) != ranks.size())
      throw_error<FormatError>("checkpoint",
                               {"expected the metrics of ", ranks.size(), " ranks, got ", of_ranks.size()},
                               "resume within an epoch with the number of ranks of the run");
    unpack(of_ranks[static_cast<std::size_t>(ranks.rank())], [&](Archive& own) { visit_each(own, metrics); });
  }

  void together(Communicator& ranks, FunctionRef<void()> f) const override { detail::together(ranks, f); }

  void begin(Communicator& ranks, const M& model, Checkpointed& run,
             const CheckpointPath& resume_from) const override {
    std::string lines;
    append_lines(lines, describe(model), "");
    visit_leaves(const_cast<M&>(model), [&](const Leaf<T>& leaf) {  // only reads; shares an instantiation
      append(lines, {"parameter \"", leaf.name().path(), "\" ", leaf.rows, " x ", leaf.cols, '\n'});
    });
    expect_same_lines(ranks, lines);

    const auto visit = [&](Archive& a) { run.visit_model(a); };
    std::string bytes;
    if (ranks.rank() == 0) bytes = packed(visit);
    ranks.broadcast(bytes);
    if (ranks.rank() != 0) unpack(bytes, visit);
    if (ranks.any(!resume_from.empty())) resume_from.load(run, ranks);
  }

  void expect_same(Communicator& ranks, const FitOptions<M>& options, const M& model, int epochs,
                   const Learner& learner) const override {
    std::string lines;
    const auto add = [&](std::string_view name, const Printable& value) {
      append(lines, {'.', name, ' ', value, '\n'});
    };
    const auto add_number = [&](std::string_view name, double value) {
      add(name, Formatted{value, std::chars_format::general, 17});
    };
    add("epochs", epochs);
    add_number("learning_rate", learner.learning_rate());
    add_number("regularizer with a penalty of", options.regularizer.penalty(model, 1));
    add("batch_size", options.batch_size);
    add("validation", options.validation != nullptr);
    for (const AnyMetric<T>& metric : options.metrics) add("metrics", metric.name());
    for (const std::string& name : options.frozen.names()) add("frozen", name);
    for (const std::string& name : options.rate_factors.names()) add("rate_factors", name);
    for (const double factor : options.rate_factors.factors()) add_number("rate_factors", factor);
    add("accumulate", options.accumulate);
    add_number("average_weights", options.average_weights);
    if (const auto& rule = options.early_stopping) {
      add("early_stopping.monitor", rule->monitor);
      add("early_stopping.patience", rule->patience);
      add_number("early_stopping.min_delta", rule->min_delta);
      add("early_stopping.mode", static_cast<int>(rule->mode));
      add("early_stopping.restore_best", rule->restore_best);
    }
    if (const auto& rule = options.reduce_on_plateau) {
      add("reduce_on_plateau.monitor", rule->monitor);
      add("reduce_on_plateau.patience", rule->patience);
      add_number("reduce_on_plateau.min_delta", rule->min_delta);
      add("reduce_on_plateau.mode", static_cast<int>(rule->mode));
      add_number("reduce_on_plateau.factor", rule->factor);
      add_number("reduce_on_plateau.minimum", rule->minimum);
    }
    add("on_step_end callbacks", options.on_step_end.size());
    add("on_epoch_end callbacks", options.on_epoch_end.size());
    add("checkpoint.path", options.checkpoint.path.empty() ? "empty" : "given");
    add("checkpoint.every_steps", options.checkpoint.every_steps);
    add_number("checkpoint.every_seconds", options.checkpoint.every_seconds);
    add("checkpoint.keep_best", options.checkpoint.keep_best);
    add("shuffle", options.shuffle);
    add("drop_last", options.drop_last);
    add("sync_batch_norm", options.sync_batch_norm);
    add("seed", options.seed);
    add("first_epoch", options.first_epoch);
    expect_same_lines(ranks, lines);
  }

  void expect_equal(Communicator& ranks, Index samples) const override {
    const auto most = static_cast<Index>(ranks.max(samples));
    if (ranks.any(samples != most))
      throw_error<DataError>("fit",
                             {"expected as many samples on each rank with .sync_batch_norm, got ", samples,
                              " on rank ", ranks.rank(), " and at most ", most},
                             "give all ranks shards and mini-batches of equal size");
  }

 private:
  /// Sums the parameters of a model, or its state, over the ranks, as one sequence of numbers.
  static void sum_leaves(Communicator& ranks, M& model, std::vector<T>& flat, bool state) {
    flat.clear();
    visit_leaves(model, [&](const Leaf<T>& leaf) {
      if (leaf.is_state() == state) flat.insert(flat.end(), leaf.data, leaf.data + leaf.size());
    });
    if (flat.empty()) return;
    ranks.all_reduce_sum(std::span<T>{flat});
    const T* from = flat.data();
    visit_leaves(model, [&](const Leaf<T>& leaf) {
      if (leaf.is_state() != state) return;
      std::copy_n(from, leaf.size(), leaf.data);
      from += leaf.size();
    });
  }

  static void visit_each(Archive& a, Metrics& metrics) {
    for (AnyMetric<T>& metric : metrics) a(metric.name(), metric);
  }
};

}  // namespace descent::inline DESCENT_ABI::detail
