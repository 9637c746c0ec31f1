#pragma once

#include <string_view>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI {

/// The meaning of the outputs of a network. A loss declares the kind that it expects in
/// `static constexpr OutputKind expects`, and a layer may declare its kind by a member `output_kind()`; a composition
/// has the kind of its last layer.
enum class OutputKind {
  unknown,
  scores,             ///< any numbers, such as logits and margins
  probabilities,      ///< numbers in [0, 1]
  log_probabilities,  ///< numbers of at most 0
};

/// Returns the kind that a layer declares for its output.
template <class L>
OutputKind output_kind(const L& layer) {
  if constexpr (requires { layer.output_kind(); })
    return layer.output_kind();
  else
    return OutputKind::unknown;
}

/// Returns the kind of predictions that a loss expects.
template <class L>
constexpr OutputKind expected_kind() {
  if constexpr (requires { L::expects; })
    return L::expects;
  else
    return OutputKind::unknown;
}

namespace detail {

inline std::string_view name_of(OutputKind kind) {
  switch (kind) {
    case OutputKind::scores:
      return "logits or other scores";
    case OutputKind::probabilities:
      return "probabilities";
    case OutputKind::log_probabilities:
      return "log-probabilities";
    default:
      return "any numbers";
  }
}

/// Throws the error that a loss expects another kind of outputs than the network has.
template <class L>
[[noreturn]] void reject_outputs(std::string_view got) {
  constexpr OutputKind expected = expected_kind<L>();
  std::string_view loss = "loss", cure = "remove the last layer: the loss expects its inputs";
  if constexpr (requires { L::name; }) loss = L::name;
  if (expected == OutputKind::probabilities)
    cure = "end the network in Sigmoid, or use SigmoidCrossEntropy for logits";
  if (expected == OutputKind::log_probabilities)
    cure = "end the network in LogSoftmax, or use SoftmaxCrossEntropy for logits";
  throw_error<DataError>(loss, {"expected ", name_of(expected), " from the last layer, got ", got}, cure);
}

/// Throws DataError if the loss expects another kind than the last layer declares. Log-probabilities are also logits.
template <class L>
void expect_kind(const L&, OutputKind declared) {
  constexpr OutputKind expected = expected_kind<L>();
  if (expected == OutputKind::unknown || declared == OutputKind::unknown || declared == expected) return;
  if (expected == OutputKind::scores && declared == OutputKind::log_probabilities) return;
  reject_outputs<L>(name_of(declared));
}

}  // namespace detail

}  // namespace descent
