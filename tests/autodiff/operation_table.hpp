#pragma once

#include <descent/autodiff.hpp>
#include <descent/descent.hpp>
#include <functional>
#include <string>
#include <vector>

/// The table of operations: a new operation joins with one line.
namespace operations_test {

using namespace descent;
using Operand = Variable<double>;

/// The sizes of an operand: `n` features, or one; `m` samples, or one.
struct Size {
  bool features = true, samples = true;
};

/// An operation of one or two operands, with their sizes. `positive` operands are from 0.5 to 2, others from -2 to 2.
struct OperationRow {
  std::string name;
  std::function<Operand(const Operand&, const Operand&)> apply;
  Size a, b;
  bool is_binary, positive = false;
  bool takes_no_samples = true;  ///< false if the operation is not defined for 0 columns

  OperationRow(std::string row_name, Operand (*f)(Operand), bool is_positive = false, bool no_samples = true)
      : name{std::move(row_name)},
        apply{[f](const Operand& x, const Operand&) { return f(x); }},
        is_binary{false},
        positive{is_positive},
        takes_no_samples{no_samples} {}
  OperationRow(std::string row_name, Size of_a, Size of_b, Operand (*f)(Operand, Operand),
               bool is_positive = false)
      : name{std::move(row_name)}, apply{f}, a{of_a}, b{of_b}, is_binary{true}, positive{is_positive} {}
};

constexpr Size whole{}, a_column{.samples = false}, a_row{.features = false}, a_number{false, false};

inline const std::vector<OperationRow> operations{
    {"negative", [](Operand a) { return -a; }},
    {"number + a", [](Operand a) { return 3 + a; }},
    {"a - number", [](Operand a) { return a - 3; }},
    {"number - a", [](Operand a) { return 3 - a; }},
    {"number * a", [](Operand a) { return 3 * a; }},
    {"a / number", [](Operand a) { return a / 3; }},
    {"number / a", [](Operand a) { return 3 / a; }, true},
    {"+=", [](Operand a) { return a += square(a); }},
    {"-=", [](Operand a) { return a -= square(a); }},
    {"a + b", whole, whole, [](Operand a, Operand b) { return a + b; }},
    {"a + column", whole, a_column, [](Operand a, Operand b) { return a + b; }},
    {"column + a", a_column, whole, [](Operand a, Operand b) { return a + b; }},
    {"a + row", whole, a_row, [](Operand a, Operand b) { return a + b; }},
    {"a + number b", whole, a_number, [](Operand a, Operand b) { return a + b; }},
    {"a - b", whole, whole, [](Operand a, Operand b) { return a - b; }},
    {"a - column", whole, a_column, [](Operand a, Operand b) { return a - b; }},
    {"column - a", a_column, whole, [](Operand a, Operand b) { return a - b; }},
    {"row - a", a_row, whole, [](Operand a, Operand b) { return a - b; }},
    {"number b - a", a_number, whole, [](Operand a, Operand b) { return a - b; }},
    {"a b", whole, whole, [](Operand a, Operand b) { return a * transpose(b); }},
    {"number b * a", a_number, whole, [](Operand a, Operand b) { return a * b; }},
    {"a * number b", whole, a_number, [](Operand a, Operand b) { return a * b; }},
    {"number * number", a_number, a_number, [](Operand a, Operand b) { return a * b; }},
    {"affine", whole, a_column, [](Operand a, Operand b) { return affine(a * transpose(a), a, b); }},
    {"cwise_product", whole, whole, [](Operand a, Operand b) { return cwise_product(a, b); }},
    {"cwise_product with a column", whole, a_column,
     [](Operand a, Operand b) { return cwise_product(a, b); }},
    {"cwise_product with a row", a_row, whole, [](Operand a, Operand b) { return cwise_product(a, b); }},
    {"cwise_product with a number b", whole, a_number,
     [](Operand a, Operand b) { return cwise_product(a, b); }},
    {"cwise_product with a number", [](Operand a) { return cwise_product(a, 3); }},
    {"a / b", whole, whole, [](Operand a, Operand b) { return a / b; }, true},
    {"a / column", whole, a_column, [](Operand a, Operand b) { return a / b; }, true},
    {"row / a", a_row, whole, [](Operand a, Operand b) { return a / b; }, true},
    {"a / number b", whole, a_number, [](Operand a, Operand b) { return cwise_quotient(a, b); }, true},
    {"exp", [](Operand a) { return exp(a); }},
    {"log", [](Operand a) { return log(a); }, true},
    {"log1p", [](Operand a) { return log1p(a); }, true},
    {"sqrt", [](Operand a) { return sqrt(a); }, true},
    {"square", [](Operand a) { return square(a); }},
    {"abs", [](Operand a) { return abs(a); }},
    {"sin", [](Operand a) { return sin(a); }},
    {"cos", [](Operand a) { return cos(a); }},
    {"erf", [](Operand a) { return erf(a); }},
    {"pow 3", [](Operand a) { return pow(a, 3); }},
    {"pow 0", [](Operand a) { return pow(a, 0); }},
    {"pow 1", [](Operand a) { return pow(a, 1); }},
    {"pow -1.5", [](Operand a) { return pow(a, -1.5); }, true},
    {"clamp", [](Operand a) { return clamp(a, -0.7, 1.1); }},
    {"relu", [](Operand a) { return relu(a); }},
    {"leaky_relu", [](Operand a) { return leaky_relu(a, 0.3); }},
    {"relu6", [](Operand a) { return relu6(4 * a); }},
    {"elu", [](Operand a) { return elu(a, 0.7); }},
    {"selu", [](Operand a) { return selu(a); }},
    {"gelu", [](Operand a) { return gelu(a); }},
    {"gelu by tanh", [](Operand a) { return gelu(a, GELUForm::tanh); }},
    {"silu", [](Operand a) { return silu(a); }},
    {"mish", [](Operand a) { return mish(a); }},
    {"sigmoid", [](Operand a) { return sigmoid(a); }},
    {"tanh", [](Operand a) { return tanh(a); }},
    {"softplus", [](Operand a) { return softplus(a); }},
    {"softsign", [](Operand a) { return softsign(a); }},
    {"hard_sigmoid", [](Operand a) { return hard_sigmoid(3 * a); }},
    {"hard_tanh", [](Operand a) { return hard_tanh(a); }},
    {"hard_swish", [](Operand a) { return hard_swish(3 * a); }},
    {"softmax", [](Operand a) { return softmax(a); }},
    {"log_softmax", [](Operand a) { return log_softmax(a); }},
    {"sum", [](Operand a) { return sum(a); }},
    {"sum over features", [](Operand a) { return sum(a, Over::features); }},
    {"sum over samples", [](Operand a) { return sum(a, Over::samples); }},
    {"mean", [](Operand a) { return mean(a); }, false, false},
    {"mean over features", [](Operand a) { return mean(a, Over::features); }},
    {"mean over samples", [](Operand a) { return mean(a, Over::samples); }, false, false},
    {"dot", whole, whole, [](Operand a, Operand b) { return dot(a, b); }},
    {"dot over features", whole, whole, [](Operand a, Operand b) { return dot(a, b, Over::features); }},
    {"squared_norm", [](Operand a) { return squared_norm(a); }},
    {"norm", [](Operand a) { return norm(a); }, false, false},
    {"norm over features", [](Operand a) { return norm(a, Over::features); }},
    {"norm over samples", [](Operand a) { return norm(a, Over::samples); }},
    {"max", [](Operand a) { return max(a); }, false, false},
    {"max over features", [](Operand a) { return max(a, Over::features); }},
    {"max over samples", [](Operand a) { return max(a, Over::samples); }, false, false},
    {"min over features", [](Operand a) { return min(a, Over::features); }},
    {"log_sum_exp", [](Operand a) { return log_sum_exp(a); }},
    {"log_sum_exp over all", [](Operand a) { return log_sum_exp(a, Over::all); }, false, false},
    {"log_sum_exp over samples", [](Operand a) { return log_sum_exp(a, Over::samples); }, false, false},
    {"transpose", [](Operand a) { return transpose(a); }},
    {"rows", [](Operand a) { return rows(a, 1, 2); }},
    {"columns", [](Operand a) { return columns(a, 0, a.cols() / 2); }},
    {"split",
     [](Operand a) {
       return cwise_product(split(a, {1, 3})[0], split(a, {1, 3})[1]);
     }},
    {"stack", whole, whole, [](Operand a, Operand b) { return stack(a, b); }},
    {"stack of three", whole, a_row, [](Operand a, Operand b) { return stack(b, a, b); }},
    {"reshape", [](Operand a) { return reshape(a, {.channels = 2, .width = 1}); }},
    {"where", whole, whole, [](Operand a, Operand b) { return where(a.value().array() > 0.1, a, b); }},
    {"where with a column", whole, a_column,
     [](Operand a, Operand b) { return where(a.value().array() > 0.1, a, b); }},
    {"where with a number", [](Operand a) { return where(a.value().array() > 0.1, a, 0.5); }},
    {"larger", whole, whole, [](Operand a, Operand b) { return max(a, b); }},
    {"larger of a row", a_row, whole, [](Operand a, Operand b) { return max(a, b); }},
    {"smaller", whole, whole, [](Operand a, Operand b) { return min(a, b); }},
    {"smaller of a number", [](Operand a) { return min(a, 0.3); }},
    {"gather",
     [](Operand a) {
       return gather(transpose(a), a.graph().constant(Matrix<double>{{1, 0, 1, 3}}));
     }},
    {"pick", [](Operand a) { return pick(a, a.graph().constant(Matrix<double>::Constant(1, a.cols(), 2))); }},
    {"mean_loss",
     [](Operand a) {
       return mean_loss(MeanSquaredError{}, a, a.graph().constant(Matrix<double>::Ones(a.rows(), a.cols())));
     },
     false, false},
    {"apply", [](Operand a) { return apply(Tanh<double>{}, a, Pass::training({})); }},
    {"identity", [](Operand a) { return a; }},
    {"square of itself", [](Operand a) { return cwise_product(a, a); }},
    {"a + a", [](Operand a) { return a + a; }},
    {"a - a^2", [](Operand a) { return a - square(a); }},
    {"Gram matrix", [](Operand a) { return a * (transpose(a) * a); }},
    {"standardized",
     [](Operand a) {
       const auto c = a - mean(a, Over::features);
       return c / sqrt(mean(square(c), Over::features) + 1e-3);
     }},
};

}  // namespace operations_test
