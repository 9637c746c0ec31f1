// Trains the workloads with libtorch, as in its documentation. The mode `predict` measures predictions, in samples per
// second; `bf16` trains with its automatic casts to bf16.

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <tuple>
#include <vector>

#include "sizes.hpp"
#include "worker.hpp"

namespace {

using torch::nn::BatchNorm1d, torch::nn::Conv2d, torch::nn::Dropout, torch::nn::Flatten, torch::nn::LayerNorm,
    torch::nn::Linear, torch::nn::MaxPool2d, torch::nn::ReLU, torch::nn::Sequential, torch::nn::Tanh,
    torch::nn::Unflatten;

Linear linear_without_bias(int in, int out) { return Linear{torch::nn::LinearOptions(in, out).bias(false)}; }

/// A block of a transformer that normalizes first, and the mean over the steps.
struct EncoderImpl : torch::nn::Module {
  explicit EncoderImpl(const Sizes& s)
      : features{s.hidden_2},
        steps{s.steps},
        norm_1{register_module("norm_1", LayerNorm{torch::nn::LayerNormOptions({s.hidden_2})})},
        norm_2{register_module("norm_2", LayerNorm{torch::nn::LayerNormOptions({s.hidden_2})})},
        in_proj{register_module("in_proj", Linear{features, 3 * features})},
        out_proj{register_module("out_proj", Linear{features, features})},
        linear_1{register_module("linear_1", Linear{features, s.hidden_1})},
        linear_2{register_module("linear_2", Linear{s.hidden_1, features})} {}

  torch::Tensor attention(const torch::Tensor& x) {
    const auto samples = x.size(0);
    const torch::Tensor qkv = in_proj(x)
                                  .view({samples, steps, 3, encoder_heads, features / encoder_heads})
                                  .permute({2, 0, 3, 1, 4});
#if TORCH_VERSION_MAJOR >= 2
    const torch::Tensor z = at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);
#else
    const double scale = 1 / std::sqrt(features / encoder_heads);
    const torch::Tensor z =
        torch::softmax(qkv[0].matmul(qkv[1].transpose(-2, -1)) * scale, -1).matmul(qkv[2]);
#endif
    return out_proj(z.transpose(1, 2).reshape({samples, steps, features}));
  }
  torch::Tensor forward(const torch::Tensor& flat) {
    torch::Tensor x = flat.view({flat.size(0), steps, features});
    x = x + attention(norm_1(x));
    x = x + linear_2(torch::gelu(linear_1(norm_2(x))));
    return x.mean(1);
  }

  int features, steps;
  LayerNorm norm_1, norm_2;
  Linear in_proj, out_proj, linear_1, linear_2;
};
TORCH_MODULE(Encoder);

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
  if (s.name == "Encoder") return Sequential{Encoder{s}, Linear{s.hidden_2, s.outputs}};
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
  using Options = torch::nn::Conv2dOptions;
  if (s.name == "LeNet")
    return Sequential{Unflatten{torch::nn::UnflattenOptions{1, {1, s.image_side, s.image_side}}},
                      Conv2d{Options{1, 6, 5}.padding(2)},
                      ReLU{},
                      MaxPool2d{2},
                      Conv2d{Options{6, 16, 5}},
                      ReLU{},
                      MaxPool2d{2},
                      Flatten{},
                      Linear{16 * 5 * 5, s.hidden_1},
                      ReLU{},
                      Linear{s.hidden_1, s.hidden_2},
                      ReLU{},
                      Linear{s.hidden_2, s.outputs}};
  if (s.name == "VGG") {
    const int first = s.hidden_1, second = s.hidden_2, third = 2 * second;
    return Sequential{Unflatten{torch::nn::UnflattenOptions{1, {3, s.image_side, s.image_side}}},
                      Conv2d{Options{3, first, 3}.padding(1)},
                      ReLU{},
                      Conv2d{Options{first, first, 3}.padding(1)},
                      ReLU{},
                      MaxPool2d{2},
                      Conv2d{Options{first, second, 3}.padding(1)},
                      ReLU{},
                      Conv2d{Options{second, second, 3}.padding(1)},
                      ReLU{},
                      MaxPool2d{2},
                      Conv2d{Options{second, third, 3}.padding(1)},
                      ReLU{},
                      torch::nn::AdaptiveAvgPool2d{1},
                      Flatten{},
                      Linear{third, s.outputs}};
  }
  if (s.name == "MobileNet")
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
    for (const Sizes& sizes : {size_s, size_m, size_m_plus, size_l, size_lenet, size_vgg, size_mobile_net,
                               size_lstm, size_gru, size_encoder})
      if (sizes.name == job.workload) return measure(job, sizes);
    throw Unsupported{"no workload " + job.workload};
  });
}
