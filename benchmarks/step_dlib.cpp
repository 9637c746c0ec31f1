// Trains the workloads with dlib, by the two calls that its trainer makes for a step. The trainer itself copies
// each batch and passes it to another thread, which is three times slower on S and as fast for long steps.

#include <dlib/dnn.h>

#include <type_traits>
#include <vector>

#include "sizes.hpp"
#include "worker.hpp"

namespace {

using namespace dlib;
using Input = input<matrix<float>>;

template <template <class> class Activation, const Sizes& s>
using Plain = fc<s.outputs, Activation<fc<s.hidden_2, Activation<fc<s.hidden_1, Input>>>>>;

template <int units, class Below>
using Normalized = dropout<relu<bn_fc<fc_no_bias<units, Below>>>>;

using NetS = loss_binary_log<Plain<htan, size_s>>;
using NetM = loss_multiclass_log<Plain<relu, size_m>>;
using NetMPlus =
    loss_multiclass_log<fc<size_m.outputs, Normalized<size_m.hidden_2, Normalized<size_m.hidden_1, Input>>>>;
using NetL = loss_multiclass_log<Plain<relu, size_l>>;

template <class Net, class Solver>
Result measure(const Job& job, const Sizes& sizes, const Solver& solver) {
  using Label = typename Net::training_label_type;
  Net net;
  visit_computational_layers(net, [](auto& layer) {
    if constexpr (std::is_same_v<decltype(layer), dropout_&>) layer = dropout_{0.2f};
  });
  std::vector<Solver> solvers(net.num_computational_layers, solver);

  dlib::rand random{1};
  const bool binary = sizes.outputs == 1;
  std::vector<resizable_tensor> inputs(batch_count);
  std::vector<std::vector<Label>> targets(batch_count);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<matrix<float>> samples;
    for (int j = 0; j < sizes.batch; ++j) {
      samples.push_back(
          matrix_cast<float>(gaussian_randm(sizes.features, 1, random.get_random_32bit_number())));
      const auto label = random.get_integer(binary ? 2 : sizes.outputs);
      targets[i].push_back(
          static_cast<Label>(binary ? 2 * label - 1 : label));  // dlib's classes are -1 and 1
    }
    net.to_tensor(samples.begin(), samples.end(), inputs[i]);
  }

  std::size_t position = 0;
  return {steps_per_second(job.seconds, [&] {
    const std::size_t i = position++ % inputs.size();
    net.compute_parameter_gradients(inputs[i], targets[i].begin());
    net.update_parameters(make_sstack(solvers), learning_rate);
  })};
}

}  // namespace

int main(int argc, char** argv) {
  return run_worker(argc, argv, [](const Job& job) {
    const adam by_adam{0, 0.9f, 0.999f};
    if (job.workload == "S") return measure<NetS>(job, size_s, by_adam);
    if (job.workload == "M") return measure<NetM>(job, size_m, by_adam);
    if (job.workload == "M+") return measure<NetMPlus>(job, size_m_plus, by_adam);
    if (job.workload == "L") return measure<NetL>(job, size_l, sgd{0, 0.9f});
    throw Unsupported{"no workload " + job.workload};
  });
}
