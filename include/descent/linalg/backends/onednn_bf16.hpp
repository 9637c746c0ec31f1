#pragma once

// Needs oneDNN. With CMake, link descent::onednn_bf16 in place of descent::descent. Without, compile all of the
// program with -DDESCENT_BACKEND=onednn_bf16 and link -ldnnl -lgomp.
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <type_traits>

#include "descent/linalg/backends/gemm.hpp"
#include "descent/linalg/backends/one_thread.hpp"
#include "descent/linalg/backends/sgemm.hpp"

namespace descent::inline DESCENT_ABI {
namespace onednn {

/// The bf16 instructions of a processor. Without them the rounded numbers are multiplied in f32, with the same
/// precision and slower than without rounding.
enum class Bf16 { none, vector_units, matrix_units };

/// Returns the bf16 instructions of this processor that oneDNN uses: AMX, else AVX512_BF16, else none.
inline Bf16 bf16_support() {
  const auto has = [isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa())](dnnl::cpu_isa asked) {
    return (isa & static_cast<unsigned>(asked)) == static_cast<unsigned>(asked);
  };
  if (has(dnnl::cpu_isa::avx512_core_amx)) return Bf16::matrix_units;
  return has(dnnl::cpu_isa::avx512_core_bf16) ? Bf16::vector_units : Bf16::none;
}

constexpr std::string_view name_of(Bf16 support) {
  switch (support) {
    case Bf16::matrix_units:
      return "AMX matrix units";
    case Bf16::vector_units:
      return "AVX512_BF16 vector units";
    case Bf16::none:
      break;
  }
  return "no units for bf16: rounded, then multiplied in f32";
}

}  // namespace onednn

namespace detail {

/// Rounds a float to bf16, to nearest with ties to even; NaN stays NaN.
inline std::uint16_t to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  const bool nan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<std::uint16_t>((nan ? bits | 0x00400000 : rounded) >> 16);
}

/// Working memory for an operand rounded to bf16, stored as bf16 or as a float of the same value.
template <class To>
class Rounded {
 public:
  To* operator()(Batch<float> operand) {
    const Index size = operand.size();
    if (numbers_.size() < size) numbers_.resize(size);
    const float* const from = operand.data();
    To* const to = numbers_.data();
    for (Index i = 0; i < size; ++i) {
      const std::uint16_t half = to_bf16(from[i]);
      if constexpr (std::is_same_v<To, float>)
        to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
      else
        to[i] = half;
    }
    return to;
  }

 private:
  Eigen::Matrix<To, Eigen::Dynamic, 1> numbers_;
};

/// A oneDNN product of one shape; as in sgemm, it computes C^T = op(B)^T op(A)^T in row-major order.
class Bf16Matmul {
 public:
  Bf16Matmul(const Gemm<float>& g, const dnnl::engine& engine) {
    using enum dnnl::memory::data_type;
    using Dims = dnnl::memory::dims;
    const auto strides = [](const Batch<float>& operand, bool transposed) {
      return transposed ? Dims{1, operand.rows()} : Dims{operand.rows(), 1};
    };
    const dnnl::memory::desc b{{g.n(), g.k()}, bf16, strides(g.b, g.transpose_b)};
    const dnnl::memory::desc a{{g.k(), g.m()}, bf16, strides(g.a, g.transpose_a)};
    const dnnl::memory::desc c{{g.n(), g.m()}, f32, Dims{g.m(), 1}};
#if DNNL_VERSION_MAJOR >= 3
    primitive_ = dnnl::matmul{{engine, b, a, c}};
#else
    primitive_ = dnnl::matmul{{{b, a, c}, engine}};
#endif
    b_ = dnnl::memory{b, engine, nullptr};
    a_ = dnnl::memory{a, engine, nullptr};
    c_ = dnnl::memory{c, engine, nullptr};
  }

  void operator()(std::uint16_t* a, std::uint16_t* b, float* c, dnnl::stream& stream) {
    b_.set_data_handle(b);
    a_.set_data_handle(a);
    c_.set_data_handle(c);
    // The C function: the C++ one takes a map, which each call would allocate.
    const std::array<dnnl_exec_arg_t, 3> arguments{
        {{DNNL_ARG_SRC, b_.get()}, {DNNL_ARG_WEIGHTS, a_.get()}, {DNNL_ARG_DST, c_.get()}}};
    expect_success(dnnl_primitive_execute(primitive_.get(), stream.get(), 3, arguments.data()));
    stream.wait();
  }

 private:
  dnnl::matmul primitive_;
  dnnl::memory a_, b_, c_;
};

/// The working memory of a thread and a cache of primitives, one per shape, since oneDNN takes longer to create one
/// than to run it.
class Bf16Workspace {
 public:
  void multiply(const Gemm<float>& g, float* c) { matmul(g)(a_(g.a), b_(g.b), c, stream_); }

 private:
  Bf16Matmul& matmul(const Gemm<float>& g) {
    const std::array<Index, 4> key{g.m(), g.n(), g.k(), 2 * g.transpose_a + g.transpose_b};
    if (const auto found = matmuls_.find(key); found != matmuls_.end()) return found->second;
    if (matmuls_.size() == most) matmuls_.clear();
    return matmuls_.try_emplace(key, g, engine_).first->second;
  }

  /// Far more shapes than a training has: a bound for programs whose shapes keep changing.
  static constexpr std::size_t most = 256;

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  Rounded<std::uint16_t> a_, b_;
  std::map<std::array<Index, 4>, Bf16Matmul> matmuls_;
};

struct OneDnnBf16 {
  static constexpr std::string_view name = "oneDNN bf16";

  /// True if oneDNN is faster than Eigen, as measured: not for vectors and fewer multiplications.
  static bool pays(const Gemm<float>& g) { return g.takes(32 * 1024); }

  static void multiply(const Gemm<float>& g, float* c) {
    static const bool has_units = onednn::bf16_support() != onednn::Bf16::none;
    const OneThread one_thread;
    if (has_units) {
      thread_local Bf16Workspace workspace;
      workspace.multiply(g, c);
    } else {
      thread_local Rounded<float> a, b;
      const Batch<float> rounded_a{a(g.a), Shape{g.a.rows()}, g.a.cols()},
          rounded_b{b(g.b), Shape{g.b.rows()}, g.b.cols()};
      sgemm({rounded_a, rounded_b, g.transpose_a, g.transpose_b}, c);
    }
  }
};

}  // namespace detail

/// Products by oneDNN with the operands rounded to bf16, which has 8 significant bits. Sums, results and the
/// parameters of the model stay f32. `onednn::bf16_support()` tells if this processor gains by it. Runs on the
/// calling thread. Eigen computes small products, without rounding.
///
/// Cost     2 m n k flop and m k + k n roundings. Each thread keeps memory for its largest operands and 256 shapes.
///          oneDNN allocates some bytes in each call; the rest allocates only in the first calls.
template <>
struct Product<float> : detail::GemmProduct<float, detail::OneDnnBf16> {};

}  // namespace descent
