#include "conformance/layer_table.hpp"

#include "autodiff/models.hpp"

namespace conformance {

using autodiff_models::Applying, autodiff_models::Highway;

namespace {

/// Inputs whose statistics a layer learns.
template <class T>
Matrix<T> some_inputs(Rng& rng) {
  Matrix<T> x(5, 9);
  for (T& v : x.reshaped()) v = T(3 + 2 * rng.normal());
  return x;
}

}  // namespace

const std::vector<LayerRow> layers{
    LayerRow{"Dense", any_shape,
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng};
             }},
    LayerRow{"Dense without bias", any_shape,
             []<class T>(T, Rng& rng) {
               return Dense<T>{5, 4, rng, Bias::none};
             }},
    LayerRow{"ReLU", any_shape, []<class T>(T, Rng&) { return ReLU<T>{}; }},
    LayerRow{"Sigmoid", any_shape, []<class T>(T, Rng&) { return Sigmoid<T>{}; }},
    LayerRow{"Tanh", any_shape, []<class T>(T, Rng&) { return Tanh<T>{}; }},
    LayerRow{"Identity", any_shape, []<class T>(T, Rng&) { return Identity<T>{}; }},
    LayerRow{"Flatten", {{5}, {5, 2, 3}}, []<class T>(T, Rng&) { return Flatten<T>{}; }},
    LayerRow{"Reshape",
             {{10}, {5, 1, 2}},
             []<class T>(T, Rng&) { return Reshape<T>{{.channels = 2, .width = 5}}; }},
    LayerRow{"LeakyReLU", any_shape, []<class T>(T, Rng&) { return LeakyReLU<T>{{.slope = 0.2}}; }},
    LayerRow{"PReLU", any_shape, []<class T>(T, Rng&) { return PReLU<T>{5}; }},
    LayerRow{"PReLU with one slope", any_shape,
             []<class T>(T, Rng&) {
               return PReLU<T>{1, {.slope = 0.3}};
             }},
    LayerRow{"ReLU6", any_shape, []<class T>(T, Rng&) { return ReLU6<T>{}; }},
    LayerRow{"ELU", any_shape, []<class T>(T, Rng&) { return ELU<T>{{.alpha = 0.7}}; }},
    LayerRow{"SELU", any_shape, []<class T>(T, Rng&) { return SELU<T>{}; }},
    LayerRow{"GELU", any_shape, []<class T>(T, Rng&) { return GELU<T>{}; }},
    LayerRow{"GELU by tanh", any_shape, []<class T>(T, Rng&) { return GELU<T>{GELUForm::tanh}; }},
    LayerRow{"SiLU", any_shape, []<class T>(T, Rng&) { return SiLU<T>{}; }},
    LayerRow{"Mish", any_shape, []<class T>(T, Rng&) { return Mish<T>{}; }},
    LayerRow{"Softplus", any_shape, []<class T>(T, Rng&) { return Softplus<T>{}; }},
    LayerRow{"Softsign", any_shape, []<class T>(T, Rng&) { return Softsign<T>{}; }},
    LayerRow{"HardSigmoid", any_shape, []<class T>(T, Rng&) { return HardSigmoid<T>{{.slope = 0.2}}; }},
    LayerRow{"HardTanh", any_shape, []<class T>(T, Rng&) { return HardTanh<T>{}; }},
    LayerRow{"HardSwish", any_shape, []<class T>(T, Rng&) { return HardSwish<T>{}; }},
    LayerRow{"Softmax", any_shape, []<class T>(T, Rng&) { return Softmax<T>{}; }},
    LayerRow{"LogSoftmax", any_shape, []<class T>(T, Rng&) { return LogSoftmax<T>{}; }},
    LayerRow{"Elementwise", any_shape,
             []<class T>(T, Rng&) { return elementwise<T>([](auto x) { return x * x / (1 + x * x); }); },
             "its formula"},
    LayerRow{"Dense on whole images",
             {{15}, {5, 1, 3}},
             []<class T>(T, Rng& rng) {
               return Dense<T>{15, 4, rng};
             }},
    LayerRow{"Conv2D",
             {{5, 4, 3}, {5, 1, 6}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{5, 3, rng, {.kernel = {1, 2}}};
             }},
    LayerRow{"Conv2D with options",
             {{4, 5, 6}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{4,
                                6,
                                rng,
                                {.kernel = {3, 2},
                                 .stride = {1, 2},
                                 .padding = {1, 0, 2, 1},
                                 .dilation = {2, 1},
                                 .groups = 2,
                                 .bias = Bias::none}};
             }},
    LayerRow{"Conv2D of the size of the image",
             {{2, 3, 2}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{2, 3, rng, {.kernel = {3, 2}}};
             }},
    LayerRow{"Conv2D depthwise",
             {{5, 4, 3}, {5, 1, 6}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{5, 5, rng, {.kernel = {1, 3}, .padding = Padding::same(), .groups = 5}};
             }},
    LayerRow{"Conv2D depthwise of 3 x 3",
             {{3, 5, 7}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{3, 3, rng, {.stride = {2, 1}, .padding = {1, 0, 2, 1}, .groups = 3}};
             }},
    LayerRow{"Conv2D depthwise with options",
             {{4, 6, 7}},
             []<class T>(T, Rng& rng) {
               return Conv2D<T>{4,
                                4,
                                rng,
                                {.kernel = {2, 3},
                                 .stride = {2, 3},
                                 .padding = {1, 0, 2, 5},
                                 .dilation = {2, 1},
                                 .groups = 4,
                                 .bias = Bias::none}};
             }},
    LayerRow{"Conv1D",
             {{5, 1, 6}},
             []<class T>(T, Rng& rng) {
               return Conv1D<T>{5, 3, rng, {.kernel = 2}};
             }},
    LayerRow{"Conv1D with options",
             {{4, 1, 9}},
             []<class T>(T, Rng& rng) {
               return Conv1D<T>{
                   4, 6, rng, {.stride = 2, .padding = {3, 1}, .dilation = 2, .groups = 2, .bias = Bias::none}};
             }},
    LayerRow{"Conv1D that is causal",
             {{3, 1, 5}},
             []<class T>(T, Rng& rng) {
               return Conv1D<T>{3, 4, rng, {.padding = TimePadding::causal(), .dilation = 2}};
             }},
    LayerRow{"ConvTranspose2D",
             {{5, 3, 2}, {5, 1, 4}},
             []<class T>(T, Rng& rng) {
               return ConvTranspose2D<T>{5, 3, rng, {.kernel = {1, 2}, .stride = {1, 2}}};
             }},
    LayerRow{"ConvTranspose2D with options",
             {{4, 3, 4}},
             []<class T>(T, Rng& rng) {
               return ConvTranspose2D<T>{4,
                                         6,
                                         rng,
                                         {.kernel = {3, 2},
                                          .stride = {2, 3},
                                          .padding = {1, 0, 2, 1},
                                          .output_padding = {1, 2},
                                          .dilation = {2, 1},
                                          .groups = 2,
                                          .bias = Bias::none}};
             }},
    LayerRow{"ConvTranspose2D depthwise",
             {{3, 3, 4}},
             []<class T>(T, Rng& rng) {
               return ConvTranspose2D<T>{3, 3, rng, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 3}};
             }},
    LayerRow{"Upsample", {{3, 2, 3}, {3, 3, 1}}, []<class T>(T, Rng&) { return Upsample<T>{}; }},
    LayerRow{"Upsample of sequences",
             {{3, 1, 4}},
             []<class T>(T, Rng&) { return Upsample<T>{{.factor = {1, 3}}}; }},
    LayerRow{"Upsample with options",
             {{2, 3, 4}, {2, 1, 5}},
             []<class T>(T, Rng&) {
               return Upsample<T>{{.factor = {3, 2}, .interpolation = Interpolation::bilinear}};
             }},
    LayerRow{"ZeroPad2D", {{3, 2, 3}, {3, 1, 4}}, []<class T>(T, Rng&) { return ZeroPad2D<T>{{0, 1, 0, 2}}; }},
    LayerRow{"ZeroPad2D on all sides", {{3, 2, 3}}, []<class T>(T, Rng&) { return ZeroPad2D<T>{{1, 2, 3, 4}}; }},
    LayerRow{"GroupNorm",
             {{6}, {6, 2, 3}, {6, 1, 4}},
             []<class T>(T, Rng&) {
               return GroupNorm<T>{2, 6, {.epsilon = 1e-3}};
             }},
    LayerRow{"InstanceNorm",
             {{3, 2, 3}, {3, 1, 4}},
             []<class T>(T, Rng&) {
               return InstanceNorm<T>{3, {.epsilon = 1e-3}};
             }},
    LayerRow{"MaxPool2D",
             {{3, 4, 5}, {3, 1, 6}},
             []<class T>(T, Rng&) { return MaxPool2D<T>{{.kernel = {1, 2}}}; }},
    LayerRow{"MaxPool2D with options",
             {{2, 5, 4}},
             []<class T>(T, Rng&) {
               return MaxPool2D<T>{{.kernel = 3, .stride = {1, 2}, .padding = {1, 2, 0, 1}}};
             }},
    LayerRow{"AveragePool2D",
             {{3, 4, 5}, {3, 1, 6}},
             []<class T>(T, Rng&) { return AveragePool2D<T>{{.kernel = {1, 2}}}; }},
    LayerRow{"AveragePool2D with options",
             {{2, 5, 4}},
             []<class T>(T, Rng&) {
               return AveragePool2D<T>{
                   {.kernel = 3, .stride = {1, 2}, .padding = {1, 2, 0, 1}, .count_padding = false}};
             }},
    LayerRow{"GlobalAveragePool", {{5}, {5, 2, 3}, {5, 1, 4}, {5, 3, 1}}, []<class T>(T, Rng&) { return GlobalAveragePool<T>{}; }},
    // Tokens 0 and 1: x is above -1/2 or not.
    LayerRow{"Embedding",
             {{1, 1, 4}, {1}},
             []<class T>(T, Rng& rng) {
               return Sequential{Standardize<T>{Matrix<T>{{-1.5, 0.5}}}, HardSigmoid<T>{{.slope = 1e9}},
                                 Embedding<T>{2, 3, rng}};
             }},
    LayerRow{"RNN",
             {{5, 1, 4}, {5, 1, 2}},
             []<class T>(T, Rng& rng) {
               return RNN<T>{5, 4, rng};
             }},
    LayerRow{"RNN with options",
             {{5, 1, 4}},
             []<class T>(T, Rng& rng) {
               return RNN<T>{5,
                             3,
                             rng,
                             {.layers = 2,
                              .bidirectional = true,
                              .outputs = Outputs::last,
                              .activation = RNNActivation::relu,
                              .bias = Bias::none}};
             }},
    LayerRow{"LSTM",
             {{5, 1, 4}, {5, 1, 2}},
             []<class T>(T, Rng& rng) {
               return LSTM<T>{5, 4, rng};
             }},
    LayerRow{"LSTM with options",
             {{5, 1, 4}},
             []<class T>(T, Rng& rng) {
               return LSTM<T>{
                   5, 3, rng, {.layers = 2, .bidirectional = true, .outputs = Outputs::last, .keep = 0.8}};
             }},
    LayerRow{"LSTM in both directions",
             {{5, 1, 4}},
             []<class T>(T, Rng& rng) {
               return LSTM<T>{5, 3, rng, {.bidirectional = true, .bias = Bias::none}};
             }},
    LayerRow{"GRU",
             {{5, 1, 4}, {5, 1, 2}},
             []<class T>(T, Rng& rng) {
               return GRU<T>{5, 4, rng};
             }},
    LayerRow{"GRU with options",
             {{5, 1, 4}},
             []<class T>(T, Rng& rng) {
               return GRU<T>{5, 3, rng, {.layers = 2, .bidirectional = true, .reset = GRUReset::before}};
             }},
    LayerRow{"BatchNorm of each value", {{10}, {5, 2, 1}}, []<class T>(T, Rng&) { return BatchNorm<T>{10}; }},
    LayerRow{
        "LayerNorm of whole images", {{10}, {5, 2, 1}}, []<class T>(T, Rng&) { return LayerNorm<T>{10}; }},
    LayerRow{"BatchNorm", any_shape, []<class T>(T, Rng&) { return BatchNorm<T>{5}; }},
    LayerRow{
        "BatchNorm with options", any_shape,
        []<class T>(T, Rng&) {
          return BatchNorm<T>{5, {.momentum = 0.8, .epsilon = 1e-3, .running_variance = Variance::unbiased}};
        }},
    LayerRow{"Standardize", any_shape,
             []<class T>(T, Rng& rng) { return Standardize<T>{some_inputs<T>(rng)}; }},
    LayerRow{"Unstandardize", any_shape,
             []<class T>(T, Rng& rng) { return Unstandardize<T>{some_inputs<T>(rng)}; }},
    LayerRow{"MinMax", any_shape,
             []<class T>(T, Rng& rng) {
               return MinMax<T>{some_inputs<T>(rng), {.low = -1}};
             }},
    LayerRow{"LayerNorm", any_shape,
             []<class T>(T, Rng&) {
               return LayerNorm<T>{5, {.epsilon = 1e-4}};
             }},
    LayerRow{"RMSNorm", any_shape,
             []<class T>(T, Rng&) {
               return RMSNorm<T>{5, {.epsilon = 1e-4}};
             }},
    LayerRow{"MultiHeadAttention",
             {{6}, {6, 2, 3}, {6, 1, 5}},
             []<class T>(T, Rng& rng) {
               return MultiHeadAttention<T>{6, rng, {.heads = 3}};
             }},
    LayerRow{"MultiHeadAttention with options",
             {{4}, {4, 1, 6}},
             []<class T>(T, Rng& rng) {
               return MultiHeadAttention<T>{
                   4, rng,
                   {.heads = 2, .causal = true, .keep = 0.7, .bias = Bias::none, .rotary = Rotary::halves}};
             }},
    LayerRow{"PositionalEncoding", {{5}, {6, 2, 3}, {5, 1, 4}}, []<class T>(T, Rng&) { return PositionalEncoding<T>{{.base = 100}}; }},
    LayerRow{"PositionEmbedding",
             {{5}, {5, 2, 3}, {5, 1, 6}},
             []<class T>(T, Rng& rng) {
               return PositionEmbedding<T>{7, 5, rng};
             }},
    LayerRow{"encoder_block", {{6}, {6, 1, 4}},
             []<class T>(T, Rng& rng) {
               return encoder_block<T>(6, rng, {.heads = 2, .hidden = 7, .causal = true, .keep = 0.8});
             }},
    LayerRow{"encoder_block with norm last", {{6, 1, 4}},
             []<class T>(T, Rng& rng) {
               return encoder_block<T>(6, rng, {.heads = 2, .hidden = 7, .norm_first = false});
             }},
    LayerRow{"Dropout of whole channels", any_shape,
             []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7, .whole_channels = true}}; }},
    LayerRow{"Dropout", any_shape, []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7}}; }},
    LayerRow{"GaussianNoise", any_shape,
             []<class T>(T, Rng&) { return GaussianNoise<T>{{.deviation = 0.5}}; }},
    LayerRow{"GaussianDropout", any_shape,
             []<class T>(T, Rng&) { return GaussianDropout<T>{{.keep = 0.8}}; }},
    LayerRow{
        "Residual", any_shape,
        []<class T>(T, Rng& rng) {
          return Residual{Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 5, rng}}};
        }},
    LayerRow{"Concat", any_shape,
             []<class T>(T, Rng& rng) {
               return Concat{Dense<T>{5, 4, rng}, Identity<T>{}, Sequential{Dense<T>{5, 2, rng}, Tanh<T>{}}};
             }},
    LayerRow{"Sequential", any_shape,
             []<class T>(T, Rng& rng) {
               return Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"DynamicSequential", any_shape,
             []<class T>(T, Rng& rng) {
               return DynamicSequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"Lambda", any_shape,
             []<class T>(T, Rng&) {
               return lambda<T>([](auto x) { return cwise_product(x, sigmoid(x)) - x / 4; });
             },
             "its formula"},
    LayerRow{"Formula",
             {{5}},
             []<class T>(T, Rng& rng) {
               return Highway<T>{5, rng};
             },
             "its formula"},
    LayerRow{"Formula with layers", any_shape,
             []<class T>(T, Rng& rng) {
               return Applying<T>{5, 4, rng};
             },
             "its formula"},
};

}  // namespace conformance
