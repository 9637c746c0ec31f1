// Trains the workloads with libtorch, as in its documentation. The mode `predict` measures predictions, in samples per
// second; `bf16` trains with its automatic casts to bf16.

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <cstddef>
#include <memory>
#include <tuple>
#include <vector>

#include "sizes.hpp"
#include "worker.hpp"

namespace {

using torch::nn::BatchNorm1d, torch::nn::Conv2d, torch::nn::Dropout, torch::nn::Flatten, torch::nn::Linear,
    torch::nn::MaxPool2d, torch::nn::ReLU, torch::nn::Sequential, torch::nn::Tanh, torch::nn::Unflatten;

Linear linear_without_bias(int in, int out) { return Linear{torch::nn::LinearOptions(in, out).bias(false)}; }

/// A recurrent layer, whose last output is classified.
template <class Layer, class Options>
struct Recurrent : torch::nn::Module {
  explicit Recurrent(const Sizes& s)
      : steps{s.steps},
        layer{register_module("layer", Layer{Options(s.features / s.steps, s.hidden_1).batch_first(true)})},
        out{register_module("out", Linear{s.hidden_1, s.outputs})} {}

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor all = std::get<0>(layer->forward(x.view({x.size(0), steps, -1})));
    return out->forward(all.select(1, -1));
  }

  int steps;
  Layer layer;
  Linear out;
};

Sequential network(const Sizes& s) {
  if (s.name == "LSTM")
    return Sequential{std::make_shared<Recurrent<torch::nn::LSTM, torch::nn::LSTMOptions>>(s)};
  if (s.name == "GRU")
    return Sequential{std::make_shared<Recurrent<torch::nn::GRU, torch::nn::GRUOptions>>(s)};
  if (s.name == "S")
    return Sequential{Linear{s.features, s.hidden_1}, Tanh{}, Linear{s.hidden_1, s.hidden_2}, Tanh{},
                      Linear{s.hidden_2, s.outputs}};
  if (s.name == "M+")
    return Sequential{linear_without_bias(s.features, s.hidden_1),
                      BatchNorm1d{s.hidden_1},
                      ReLU{},
                      Dropout{0.2},
                      linear_without_bias(s.hidden_1, s.hidden_2),
                      BatchNorm1d{s.hidden_2},
                      ReLU{},
                      Dropout{0.2},
                      Linear{s.hidden_2, s.outputs}};
  if (s.name == "LeNet")
    return Sequential{Unflatten{torch::nn::UnflattenOptions{1, {1, s.image_side, s.image_side}}},
                      Conv2d{torch::nn::Conv2dOptions{1, 6, 5}.padding(2)},
                      ReLU{},
                      MaxPool2d{2},
                      Conv2d{torch::nn::Conv2dOptions{6, 16, 5}},
                      ReLU{},
                      MaxPool2d{2},
                      Flatten{},
                      Linear{16 * 5 * 5, s.hidden_1},
                      ReLU{},
                      Linear{s.hidden_1, s.hidden_2},
                      ReLU{},
                      Linear{s.hidden_2, s.outputs}};
  if (s.name == "MobileNet") {
    using Options = torch::nn::Conv2dOptions;
    return Sequential{Unflatten{torch::nn::UnflattenOptions{1, {1, s.image_side, s.image_side}}},
                      Conv2d{Options{1, s.hidden_1, 3}.padding(1)},
                      ReLU{},
                      Conv2d{Options{s.hidden_1, s.hidden_1, 3}.padding(1).groups(s.hidden_1)},
                      ReLU{},
                      Conv2d{Options{s.hidden_1, s.hidden_2, 1}},
                      ReLU{},
                      Conv2d{Options{s.hidden_2, s.hidden_2, 3}.stride(2).padding(1).groups(s.hidden_2)},
                      ReLU{},
                      torch::nn::AdaptiveAvgPool2d{1},
                      Flatten{},
                      Linear{s.hidden_2, s.outputs}};
  }
  return Sequential{Linear{s.features, s.hidden_1}, ReLU{}, Linear{s.hidden_1, s.hidden_2}, ReLU{},
                    Linear{s.hidden_2, s.outputs}};
}

/// RAII guard: libtorch chooses bf16 for the operations that gain by it.
class Autocast {
 public:
#if TORCH_VERSION_MAJOR >= 2
  explicit Autocast(bool enabled) : enabled_{enabled} { set(enabled); }
  ~Autocast() {
    set(false);
    if (enabled_) at::autocast::clear_cache();
  }

 private:
  static void set(bool enabled) {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
  }
  bool enabled_;
#else
  explicit Autocast(bool enabled) {
    if (enabled) throw Unsupported{"bf16 by libtorch 2 and newer only"};
  }
#endif
};

Result measure(const Job& job, const Sizes& sizes) {
  torch::set_num_threads(job.threads);
  torch::manual_seed(1);

  Sequential net = network(sizes);
  if (job.mode == "predict") {
    const torch::NoGradGuard guard;
    net->eval();
    const torch::Tensor x = torch::randn({predicted_samples, sizes.features});
    return {predicted_samples * steps_per_second(job.seconds, [&] { net->forward(x); })};
  }
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  if (sizes.name == "L")
    optimizer = std::make_unique<torch::optim::SGD>(net->parameters(),
                                                    torch::optim::SGDOptions(learning_rate).momentum(0.9));
  else
    optimizer =
        std::make_unique<torch::optim::Adam>(net->parameters(), torch::optim::AdamOptions(learning_rate));

  const bool binary = sizes.outputs == 1;
  std::vector<torch::Tensor> inputs, targets;
  for (int i = 0; i < batch_count; ++i) {
    inputs.push_back(torch::randn({sizes.batch, sizes.features}));
    targets.push_back(binary ? torch::randint(2, {sizes.batch, 1}).to(torch::kFloat)
                             : torch::randint(sizes.outputs, {sizes.batch}, torch::kLong));
  }

  std::size_t position = 0;
  return {steps_per_second(job.seconds, [&] {
    const std::size_t i = position++ % inputs.size();
    optimizer->zero_grad();
    const torch::Tensor loss = [&] {
      const Autocast autocast{job.mode == "bf16"};
      const torch::Tensor output = net->forward(inputs[i]);
      return binary ? torch::binary_cross_entropy_with_logits(output, targets[i])
                    : torch::cross_entropy_loss(output, targets[i]);
    }();
    loss.backward();
    optimizer->step();
  })};
}

}  // namespace

int main(int argc, char** argv) {
  return run_worker(argc, argv, [](const Job& job) {
    for (const Sizes& sizes :
         {size_s, size_m, size_m_plus, size_l, size_lenet, size_mobile_net, size_lstm, size_gru})
      if (sizes.name == job.workload) return measure(job, sizes);
    throw Unsupported{"no workload " + job.workload};
  });
}
