// Writes recurrent.json: recurrent layers of PyTorch in double precision, with the gradients of sum(y * dy).
// Needs Debian's libtorch-dev:
//   g++ -std=c++17 -O1 recurrent.cpp -I/usr/include/torch/csrc/api/include -ltorch -ltorch_cpu -lc10 -o recurrent
//   ./recurrent > ../recurrent.json
#include <torch/torch.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

bool first = true;

void key(const std::string& name) {
  std::printf("%s\"%s\": ", first ? "" : ", ", name.c_str());
  first = false;
}
void open(char bracket) {
  std::printf("%c", bracket);
  first = true;
}
void close(char bracket) {
  std::printf("%c", bracket);
  first = false;
}
void tensor(const std::string& name, const torch::Tensor& t) {
  const torch::Tensor flat = t.detach().contiguous().view(-1);
  key(name);
  std::printf("{\"shape\": [");
  for (std::int64_t k = 0; k < t.dim(); ++k)
    std::printf("%s%ld", k ? ", " : "", static_cast<long>(t.size(k)));
  std::printf("], \"data\": [");
  for (std::int64_t k = 0; k < flat.numel(); ++k)
    std::printf("%s%.17g", k ? ", " : "", flat[k].item<double>());
  std::printf("]}");
}

struct Case {
  std::int64_t layers = 1;
  bool bidirectional = false, bias = true, lengths = false, state = false;
};

const std::int64_t features = 3, hidden = 4, steps = 5, samples = 3;

template <class Module>
void write(const std::string& kind, Module module, const Case& c) {
  module->to(torch::kDouble);
  const std::int64_t directions = c.bidirectional ? 2 : 1, states = c.layers * directions;
  const auto real = torch::TensorOptions().dtype(torch::kDouble);
  torch::Tensor x = torch::randn({samples, steps, features}, real).requires_grad_(true);
  const torch::Tensor dy = torch::randn({samples, steps, directions * hidden}, real);
  const torch::Tensor lengths = torch::tensor({5, 2, 4}, torch::kLong);
  torch::Tensor h = torch::randn({states, samples, hidden}, real).requires_grad_(true),
                cell = torch::randn({states, samples, hidden}, real).requires_grad_(true);
  torch::Tensor y, h_n, c_n;
  constexpr bool is_lstm = std::is_same_v<Module, torch::nn::LSTM>;
  const auto run = [&](const auto& state) {
    if (!c.lengths) return module->forward(x, state);
    auto [packed, last] = module->forward_with_packed_input(
        torch::nn::utils::rnn::pack_padded_sequence(x, lengths, true, false), state);
    auto [padded, unused] = torch::nn::utils::rnn::pad_packed_sequence(packed, true, 0.0, steps);
    return std::make_tuple(padded, last);
  };
  if constexpr (is_lstm) {
    torch::optional<std::tuple<torch::Tensor, torch::Tensor>> state;
    if (c.state) state = std::make_tuple(h, cell);
    const auto [out, last] = run(state);
    y = out, h_n = std::get<0>(last), c_n = std::get<1>(last);
  } else {
    std::tie(y, h_n) = run(c.state ? h : torch::Tensor{});
  }
  (y * dy).sum().backward();

  if (!first) std::printf(",\n");
  open('{');
  key("kind"), std::printf("\"%s\"", kind.c_str());
  key("layers"), std::printf("%ld", static_cast<long>(c.layers));
  key("bidirectional"), std::printf("%s", c.bidirectional ? "true" : "false");
  key("bias"), std::printf("%s", c.bias ? "true" : "false");
  key("lengths"), std::printf("%s", c.lengths ? "[5, 2, 4]" : "[]");
  tensor("x", x), tensor("y", y), tensor("dy", dy), tensor("dx", x.grad()), tensor("h_n", h_n);
  if (is_lstm) tensor("c_n", c_n);
  if (c.state) {
    tensor("h_0", h), tensor("dh_0", h.grad());
    if (is_lstm) tensor("c_0", cell), tensor("dc_0", cell.grad());
  }
  key("parameters"), open('{');
  for (const auto& p : module->named_parameters()) tensor(p.key(), p.value());
  close('}');
  key("gradients"), open('{');
  for (const auto& p : module->named_parameters()) tensor(p.key(), p.value().grad());
  close('}');
  close('}');
}

}  // namespace

int main() {
  torch::manual_seed(1);
  std::printf(
      "{\"source\": \"PyTorch " TORCH_VERSION
      ", torch::nn::RNN, LSTM and GRU with batch_first; gradients of sum(y * dy)\",\n\"tolerance\": 1e-12,\n"
      "\"cases\": [\n");
  first = true;
  for (const Case& c :
       {Case{}, Case{1, true}, Case{2, false}, Case{1, false, false}, Case{1, false, true, true},
        Case{1, false, true, false, true}, Case{2, true, true, true, true}}) {
    const auto set = [&](auto options) {
      return options.num_layers(c.layers).bidirectional(c.bidirectional).bias(c.bias).batch_first(true);
    };
    write("RNN tanh", torch::nn::RNN{set(torch::nn::RNNOptions(features, hidden).nonlinearity(torch::kTanh))},
          c);
    write("RNN relu", torch::nn::RNN{set(torch::nn::RNNOptions(features, hidden).nonlinearity(torch::kReLU))},
          c);
    write("LSTM", torch::nn::LSTM{set(torch::nn::LSTMOptions(features, hidden))}, c);
    write("GRU", torch::nn::GRU{set(torch::nn::GRUOptions(features, hidden))}, c);
  }
  std::printf("\n]}\n");
}
