#include <descent/io/model_file.hpp>
#include <descent/io/safetensors.hpp>
#include <sstream>

#include "fuzz/feed_io.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

void add_files(Calls& calls) {
  using namespace descent;
  const auto network = [](Source& source) {
    Rng rng{1};
    DynamicSequential<float> net;
    for (unsigned n = source.below(4); n > 0; --n) {
      if (source.flag()) net.add(Dense<float>{source.count(3) + 1, source.count(3) + 1, rng});
      if (source.one_in(4)) net.add(BatchNorm<float>{source.count(3) + 1});
      if (source.one_in(4)) net.add(Tanh<float>{});
    }
    return net;
  };
  calls.push_back(
      {"save_model and load_model", [=](Source& source) {
         const DynamicSequential<float> net = network(source);
         static const LayerRegistry<float> few = few_layers();
         const Matrix<float> golden = source.matrix<float>(4, 2);
         SaveModel<float> options{.golden = golden, .registry = few};
         if (source.one_in(4))
           options.golden = Batch<float>{golden, Shape{source.count(3), source.count(3), source.count(3)}};
         if (source.one_in(4)) options.labels.assign(source.below(3), source.text());
         std::stringstream file;
         save_model(file, net, options);
         DynamicSequential<float> other = source.flag() ? network(source) : net;
         load_model(file, other);
       }});
  calls.push_back({"save_safetensors and load_safetensors", [=](Source& source) {
                     const DynamicSequential<float> net = network(source);
                     std::stringstream file;
                     SaveSafetensors options;
                     if (source.one_in(4)) options.metadata.emplace(source.text(), source.text());
                     save_safetensors(file, net, options);
                     DynamicSequential<float> other = source.flag() ? network(source) : net;
                     load_safetensors(file, other, {.ignore_others = source.flag()});
                   }});
  calls.push_back({"load_model", [](Source& source) { model_file(source.rest()); }});
  calls.push_back({"load_safetensors", [](Source& source) { safetensors(source.rest()); }});
  calls.push_back({"files: missing directory", [=](Source& source) {
                     DynamicSequential<float> net = network(source);
                     const std::string path = source.flag() ? "no/such/place" : "/proc/none";
                     switch (source.below(4)) {
                       case 0:
                         save_safetensors(path, net);
                         return;
                       case 1:
                         load_safetensors(path, net);
                         return;
                       case 2:
                         load_model(path, net);
                         return;
                       default:
                         save_model(path, net, {.golden = source.matrix<float>(4, 2)});
                     }
                   }});
}

}  // namespace fuzz
