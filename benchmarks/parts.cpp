// The time of the parts of a step at the sizes of M, of whole steps, of batch sizes and of single samples.
//
//   parts --benchmark_filter='adam|batch_norm'
//
// All run on one thread. items_per_second counts values, parameters or samples; for products it counts fused
// multiply-adds, so FLOP/s are twice the figure.

#include <benchmark/benchmark.h>

#include <array>
#include <descent/descent.hpp>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "product_loop.hpp"
#include "workloads.hpp"

using namespace descent;

namespace {

/// Registers a benchmark. `make` is called when the benchmark starts and returns the function to be timed, which
/// processes `items` items per call.
void add(const std::string& name, Index items, auto make) {
  benchmark::RegisterBenchmark(name.c_str(), [items, make](benchmark::State& state) {
    auto run = make();
    run();  // the first call allocates
    for (auto _ : state) {
      run();
      benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * items);
  });
}

Matrix<> random_matrix(Index rows, Index cols) {
  Rng rng{1};
  Matrix<> m(rows, cols);
  for (float& value : m.reshaped()) value = static_cast<float>(rng.normal());
  return m;
}

template <class W>
auto network() {
  Rng rng{1};
  return W::network(rng);
}

void add_products(const Sizes& sizes) {
  const std::array<Index, 4> widths{sizes.features, sizes.hidden_1, sizes.hidden_2, sizes.outputs};
  const Index batch = sizes.batch;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const Index in = widths[i], out = widths[i + 1], work = in * out * batch;
    const std::string size = '/' + std::to_string(out) + 'x' + std::to_string(in);
    add("product/W x" + size, work, [=] {
      return [w = random_matrix(out, in), x = random_matrix(in, batch), y = Matrix<>{}]() mutable {
        Product<float>::plain(w, x, y);
      };
    });
    add("product/dy x^T" + size, work, [=] {
      return [dy = random_matrix(out, batch), x = random_matrix(in, batch), dw = Matrix<>{}]() mutable {
        Product<float>::transposed_right(dy, x, dw);
      };
    });
    add("product/W^T dy" + size, work, [=] {
      return [w = random_matrix(out, in), dy = random_matrix(out, batch), dx = Matrix<>{}]() mutable {
        Product<float>::transposed_left(w, dy, dx);
      };
    });
  }
}

/// Adds a single layer, at the width of M's first hidden layer.
void add_layer(const std::string& name, const auto& layer) {
  using Layer = std::remove_cvref_t<decltype(layer)>;
  constexpr Index features = M::sizes.hidden_1, batch = M::sizes.batch;
  add(name + "/forward", features * batch, [=] {
    return [layer, x = random_matrix(features, batch), cache = typename Layer::Cache{}]() mutable {
      layer.forward(x, cache, Pass::training({.seed = 1}));
    };
  });
  add(name + "/backward", features * batch, [=] {
    const Matrix<> x = random_matrix(features, batch);
    typename Layer::Cache cache;
    layer.forward(x, cache, Pass::training({.seed = 1}));
    return [layer, gradient = layer, x, dy = x, cache]() mutable {
      layer.backward(x, dy, cache, gradient, Pass::training({.seed = 1}));
    };
  });
}

void add_layers() {
  add_layer("relu", ReLU{});
  add_layer("tanh", Tanh{});
  add_layer("sigmoid", Sigmoid{});
  add_layer("gelu", GELU{});
  add_layer("batch_norm", BatchNorm{M::sizes.hidden_1});
  add_layer("dropout", Dropout{{.keep = 0.8}});
}

void add_loss() {
  add("softmax_cross_entropy", M::sizes.batch, [] {
    return [logits = random_matrix(M::sizes.outputs, M::sizes.batch),
            y = make_data(M::sizes, M::sizes.batch).y, dy = Matrix<>{}]() mutable {
      benchmark::DoNotOptimize(SoftmaxCrossEntropy{}.value_and_gradient(Batch<>{logits}, Batch<>{y}, dy));
    };
  });
}

template <class W>
void add_optimizer(const std::string& name, const auto& optimizer) {
  add(name, parameter_count(network<W>()), [=] {
    return [optimizer, net = network<W>(), gradient = network<W>(),
            state = optimizer.init(network<W>())]() mutable { optimizer.step(net, gradient, state); };
  });
}

/// The forward and backward passes of a training step.
template <class W>
class Passes {
 public:
  void forward() {
    const auto [x, y] = batches_.next();
    new (&x_) Batch<>{x};  // placement new is how Eigen changes the data of a map
    new (&y_) Batch<>{y};
    prediction_ = net_.forward(x_, cache_, Pass::training({.seed = 1}));
  }
  void backward() {
    W::loss().value_and_gradient(prediction_, y_, dy_);
    backward_parameters(net_, x_, dy_, cache_, gradient_, Pass::training({.seed = 1}));
  }

 private:
  using Net = decltype(network<W>());
  Net net_ = network<W>(), gradient_ = net_;
  Batches batches_{W::sizes};
  Batch<> x_, y_, prediction_;
  typename Net::Cache cache_;
  Matrix<> dy_;
};

template <class W>
auto whole_step(Index batch) {
  return [trainer = Trainer{network<W>(), W::loss(), W::optimizer()},
          batches = Batches{W::sizes, batch}]() mutable {
    const auto [x, y] = batches.next();
    trainer.step(x, y);
  };
}

/// Adds a step, its parts, and its matrix products alone, which are the lower bound.
template <class W>
void add_step() {
  const std::string name{W::sizes.name};
  constexpr Index batch = W::sizes.batch;
  add(name + "/forward", batch,
      [] { return [passes = std::make_unique<Passes<W>>()] { passes->forward(); }; });
  add(name + "/backward", batch, [] {
    auto passes = std::make_unique<Passes<W>>();
    passes->forward();
    return [passes = std::move(passes)] { passes->backward(); };
  });
  add_optimizer<W>(name + "/optimizer", W::optimizer());
  add(name + "/step", batch, [] { return whole_step<W>(batch); });
  add(name + "/products", batch, [] {
    return [products = ProductLoop{W::sizes, batch}]() mutable { products.step(); };
  });
}

void add_batch_sizes() {
  for (Index batch = 1; batch <= 4096; batch *= 4)
    add("M/step/batch " + std::to_string(batch), batch, [batch] { return whole_step<M>(batch); });
}

/// Adds a step in which half of the features have become 0, like rare words: the averages of their gradients decay
/// until they are denormal, and many processors are slow with denormal numbers. Compare it with M/step.
void add_denormals() {
  add("M/step/with denormal moments", M::sizes.batch, [] {
    Trainer trainer{network<M>(), M::loss(), M::optimizer()};
    Dataset<> data = make_data(M::sizes, M::sizes.batch);
    trainer.step(data.x, data.y);
    data.x.topRows(M::sizes.features / 2).setZero();
    for (int i = 0; i < 1000; ++i) trainer.step(data.x, data.y);  // 0.9^1000 = 1e-46
    return [trainer, data]() mutable { trainer.step(data.x, data.y); };
  });
}

template <class W>
void add_inference() {
  add(std::string{W::sizes.name} + "/inference of one sample", 1, [] {
    const auto net = network<W>();
    return [net, x = random_matrix(W::sizes.features, 1),
            cache = typename decltype(network<W>())::Cache{}]() mutable {
      benchmark::DoNotOptimize(net.forward(x, cache, Pass::inference()).data());
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  for (const Sizes& sizes : {size_m, size_l}) add_products(sizes);
  add_layers();
  add_loss();
  add_optimizer<M>("adam", Adam{});
  add_optimizer<M>("momentum", Momentum{});
  add_step<S>();
  add_step<M>();
  add_step<MPlus>();
  add_step<L>();
  add_batch_sizes();
  add_denormals();
  add_inference<S>();
  add_inference<M>();
  add_inference<MPlus>();
  benchmark::RunSpecifiedBenchmarks();
}
