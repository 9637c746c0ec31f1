#pragma once

#include <Eigen/Core>

// Eigen 5 has a separate product kernel for AVX-512. Its innermost function, one fused multiply-add, is only declared
// inline; in larger programs g++ exhausts its inlining budget before it reaches the function and calls it, which makes
// products 2.5 to 3 times slower. These specializations are the same function, always inlined.
#if defined(EIGEN_CORE_ARCH_AVX512_GEMM_KERNEL_H) && EIGEN_COMP_GNUC_STRICT
#if EIGEN_USE_AVX512_GEMM_KERNELS
namespace Eigen::internal {

template <>
EIGEN_ALWAYS_INLINE void gemm_class<float, true>::vfmadd(Packet16f& sum, const Packet16f& a,
                                                         const Packet16f& b) {
  sum = pmadd(a, b, sum);
  __asm__("#" : [sum] "+v"(sum) : [a] "%v"(a), [b] "v"(b));  // as in Eigen: keeps g++ from spilling registers
}

template <>
EIGEN_ALWAYS_INLINE void gemm_class<double, true>::vfmadd(Packet8d& sum, const Packet8d& a,
                                                          const Packet8d& b) {
  sum = pmadd(a, b, sum);
  __asm__("#" : [sum] "+v"(sum) : [a] "%v"(a), [b] "v"(b));
}

}  // namespace Eigen::internal
#endif
#endif
