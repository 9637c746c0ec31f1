// The layers, for the tests under sanitizers: clang++ puts them into the precompiled header, whose machine code it makes
// once. A layer that is missing here is only compiled more often.
#include <descent/descent.hpp>

#define DESCENT_INSTANCE(Layer) \
  template class Layer<float>;  \
  template class Layer<double>;

namespace descent {

DESCENT_INSTANCE(AveragePool2D)
DESCENT_INSTANCE(BatchNorm)
DESCENT_INSTANCE(Conv1D)
DESCENT_INSTANCE(Conv2D)
DESCENT_INSTANCE(ConvTranspose2D)
DESCENT_INSTANCE(Dense)
DESCENT_INSTANCE(Dropout)
DESCENT_INSTANCE(ELU)
DESCENT_INSTANCE(Embedding)
DESCENT_INSTANCE(Flatten)
DESCENT_INSTANCE(GELU)
DESCENT_INSTANCE(GRU)
DESCENT_INSTANCE(GaussianDropout)
DESCENT_INSTANCE(GaussianNoise)
DESCENT_INSTANCE(GlobalAveragePool)
DESCENT_INSTANCE(GroupNorm)
DESCENT_INSTANCE(HardSigmoid)
DESCENT_INSTANCE(HardSwish)
DESCENT_INSTANCE(HardTanh)
DESCENT_INSTANCE(InstanceNorm)
DESCENT_INSTANCE(LSTM)
DESCENT_INSTANCE(LayerNorm)
DESCENT_INSTANCE(LeakyReLU)
DESCENT_INSTANCE(LogSoftmax)
DESCENT_INSTANCE(MaxPool2D)
DESCENT_INSTANCE(Mish)
DESCENT_INSTANCE(MultiHeadAttention)
DESCENT_INSTANCE(PReLU)
DESCENT_INSTANCE(PositionEmbedding)
DESCENT_INSTANCE(PositionalEncoding)
DESCENT_INSTANCE(RMSNorm)
DESCENT_INSTANCE(RNN)
DESCENT_INSTANCE(ReLU)
DESCENT_INSTANCE(ReLU6)
DESCENT_INSTANCE(Reshape)
DESCENT_INSTANCE(SELU)
DESCENT_INSTANCE(SiLU)
DESCENT_INSTANCE(Sigmoid)
DESCENT_INSTANCE(Softmax)
DESCENT_INSTANCE(Softplus)
DESCENT_INSTANCE(Softsign)
DESCENT_INSTANCE(Tanh)
DESCENT_INSTANCE(Upsample)
DESCENT_INSTANCE(ZeroPad2D)

namespace detail {

DESCENT_INSTANCE(EigenGemm)
template class Recurrent<float, RNNCell>;
template class Recurrent<double, RNNCell>;
template class Recurrent<float, LSTMCell>;
template class Recurrent<double, LSTMCell>;
template class Recurrent<float, GRUCell>;
template class Recurrent<double, GRUCell>;

// Its virtual functions are otherwise instantiated too late for clang++ 14.
template class CheckpointReader<XXH64>;

}  // namespace detail

}  // namespace descent

#undef DESCENT_INSTANCE
