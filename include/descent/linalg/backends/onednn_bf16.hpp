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

#include "descent/linalg/backends/one_thread.hpp"
#include "descent/linalg/backends/sgemm.hpp"
#include "descent/linalg/product.hpp"

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
  Operand<To> operator()(const Operand<float>& operand, Index size, Workers& workers) {
    if (numbers_.size() < size) numbers_.resize(size);
    for_numbers(workers, size, [from = operand.data, to = numbers_.data()](const Part& part) {
      for (Index i = part.first; i < part.first + part.count; ++i) {
        const std::uint16_t half = to_bf16(from[i]);
        if constexpr (std::is_same_v<To, float>)
          to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
        else
          to[i] = half;
      }
    });
    return {numbers_.data(), operand.stride, operand.transposed};
  }

 private:
  Eigen::Matrix<To, Eigen::Dynamic, 1> numbers_;
};

/// A product in f32 of operands that are stored as bf16.
using Bf16Gemm = Gemm<float, std::uint16_t>;

/// A oneDNN product of one shape; as in sgemm, it computes C^T = op(B)^T op(A)^T in row-major order.
class Bf16Matmul {
 public:
  Bf16Matmul(const Bf16Gemm& g, const dnnl::engine& engine) {
    using enum dnnl::memory::data_type;
    using Dims = dnnl::memory::dims;
    const auto strides = [](const Operand<std::uint16_t>& operand) {
      return operand.transposed ? Dims{1, operand.stride} : Dims{operand.stride, 1};
    };
    const dnnl::memory::desc b{{g.cols, g.depth}, bf16, strides(g.b)};
    const dnnl::memory::desc a{{g.depth, g.rows}, bf16, strides(g.a)};
    const dnnl::memory::desc c{{g.cols, g.rows}, f32, Dims{g.c_stride, 1}};
#if DNNL_VERSION_MAJOR >= 3
    primitive_ = dnnl::matmul{{engine, b, a, c}};
#else
    primitive_ = dnnl::matmul{{{b, a, c}, engine}};
#endif
    b_ = dnnl::memory{b, engine, nullptr};
    a_ = dnnl::memory{a, engine, nullptr};
    c_ = dnnl::memory{c, engine, nullptr};
  }

  void operator()(const Bf16Gemm& g, dnnl::stream& stream) {
    const auto handle = [](const std::uint16_t* numbers) { return const_cast<std::uint16_t*>(numbers); };
    b_.set_data_handle(handle(g.b.data));
    a_.set_data_handle(handle(g.a.data));
    c_.set_data_handle(g.c);
    // The C function: the C++ one takes a map, which each call would allocate.
    const std::array<dnnl_exec_arg_t, 3> arguments{
        {{DNNL_ARG_SRC, b_.get()}, {DNNL_ARG_WEIGHTS, a_.get()}, {DNNL_ARG_DST, c_.get()}}};
    expect_success(dnnl_primitive_execute(primitive_.get(), stream.get(), 3, arguments.data()));
    stream.wait();
    if (g.offset != nullptr)
      for (Index j = 0; j < g.cols; ++j)
        for (Index i = 0; i < g.rows; ++i) g.c[i + j * g.c_stride] += g.offset[i];
  }

 private:
  dnnl::matmul primitive_;
  dnnl::memory a_, b_, c_;
};

/// A thread's cache of primitives, one per shape, since oneDNN takes longer to create one than to run it.
class Bf16Matmuls {
 public:
  void multiply(const Bf16Gemm& g) {
    const Key key{
        g.rows, g.cols, g.depth, g.a.stride, g.b.stride, g.c_stride, 2 * g.a.transposed + g.b.transposed};
    auto found = matmuls_.find(key);
    if (found == matmuls_.end()) {
      if (matmuls_.size() == most) matmuls_.clear();
      found = matmuls_.try_emplace(key, g, engine_).first;
    }
    found->second(g, stream_);
  }

 private:
  using Key = std::array<Index, 7>;

  /// Far more shapes than a training has: a bound for programs whose shapes keep changing.
  static constexpr std::size_t most = 256;

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::map<Key, Bf16Matmul> matmuls_;
};

struct OneDnnBf16 {
  static constexpr std::string_view name = "oneDNN bf16";

  /// True if oneDNN is faster than Eigen, as measured: not for vectors and fewer multiplications, nor for parts of
  /// larger matrices, all of which would be rounded.
  static bool pays(const Gemm<float>& g) {
    return g.takes(32 * 1024) && g.a.stride == (g.a.transposed ? g.depth : g.rows) &&
           g.b.stride == (g.b.transposed ? g.cols : g.depth);
  }

  static void multiply(const Gemm<float>& gemm, Workers& workers) {
    static const bool has_units = onednn::bf16_support() != onednn::Bf16::none;
    if (has_units)
      multiply_rounded<std::uint16_t>(gemm, workers, [](const Bf16Gemm& g) {
        thread_local Bf16Matmuls matmuls;
        matmuls.multiply(g);
      });
    else
      multiply_rounded<float>(gemm, workers, sgemm);
  }

 private:
  template <class Stored>
  static void multiply_rounded(const Gemm<float>& g, Workers& workers, auto&& multiply_block) {
    thread_local Rounded<Stored> a, b;
    multiply_in_blocks<float, Stored>({a(g.a, g.rows * g.depth, workers), b(g.b, g.depth * g.cols, workers),
                                       g.c, g.c_stride, g.rows, g.cols, g.depth, g.offset},
                                      {32, 32}, workers, [&](const Gemm<float, Stored>& block) {
                                        const OneThread one_thread;
                                        multiply_block(block);
                                      });
  }
};

}  // namespace detail

/// Products by oneDNN with the operands rounded to bf16, which has 8 significant bits. Sums, results and the
/// parameters of the model stay f32. `onednn::bf16_support()` tells if this processor gains by it. Eigen computes
/// small products, without rounding. The last bits depend on the number of threads, because the library chooses
/// a kernel by the size of a block.
///
/// Cost     2 m n k flop and m k + k n roundings. The calling thread keeps memory for its largest operands, each thread
///          for 256 shapes. oneDNN allocates some bytes in each call; the rest allocates only in the first calls.
template <>
struct Product<float> : detail::Products<float, detail::OneDnnBf16> {};

}  // namespace descent
