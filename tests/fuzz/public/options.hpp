#pragma once

#include <concepts>
#include <cstdint>
#include <descent/descent.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "fuzz/public/source.hpp"

// Changes the members of any aggregate, so that the options of every component in a table are fuzzed without a list.

namespace fuzz {

namespace detail {
struct Anything {
  template <class U>
  operator U() const;
};

template <class A, class... Members>
constexpr int member_count() {
  if constexpr (sizeof...(Members) > 8)
    return -1;
  else if constexpr (requires { A{std::declval<Members>()..., Anything{}}; })
    return member_count<A, Members..., Anything>();
  else
    return static_cast<int>(sizeof...(Members));
}

template <class A>
void visit_members(A& a, auto&& f) {
  constexpr int count = std::is_empty_v<A> ? 0 : member_count<A>();  // an empty base is no option
  if constexpr (count == 1) {
    auto& [m] = a;
    f(m);
  } else if constexpr (count == 2) {
    auto& [m, n] = a;
    f(m), f(n);
  } else if constexpr (count == 3) {
    auto& [m, n, o] = a;
    f(m), f(n), f(o);
  } else if constexpr (count == 4) {
    auto& [m, n, o, p] = a;
    f(m), f(n), f(o), f(p);
  } else if constexpr (count == 5) {
    auto& [m, n, o, p, q] = a;
    f(m), f(n), f(o), f(p), f(q);
  } else if constexpr (count == 6) {
    auto& [m, n, o, p, q, r] = a;
    f(m), f(n), f(o), f(p), f(q), f(r);
  } else if constexpr (count == 7) {
    auto& [m, n, o, p, q, r, t] = a;
    f(m), f(n), f(o), f(p), f(q), f(r), f(t);
  } else {
    static_assert(count == 0, "add a case for this number of members");
  }
}
}  // namespace detail

/// The integers that an option may be set to.
enum class Whole { any, small };

/// Sets an option to a random value; options of other types than those below are unchanged.
template <class M>
void change(Source& source, M& member, Whole whole) {
  using namespace descent;
  const auto some = [&] { return whole == Whole::small ? Index{source.below(9)} : Index{source.whole()}; };
  if constexpr (std::is_same_v<M, bool>)
    member = source.flag();
  else if constexpr (std::is_same_v<M, Extent>)
    member = {some(), some()};
  else if constexpr (std::is_same_v<M, Padding>)
    member = source.one_in(3) ? Padding::same() : Padding{some(), some(), some(), some()};
  else if constexpr (std::is_same_v<M, TimePadding>)
    member = source.one_in(3)   ? TimePadding::same()
             : source.one_in(2) ? TimePadding::causal()
                                : TimePadding{some(), some()};
  else if constexpr (std::is_enum_v<M>)
    member = static_cast<M>(source.below(2));
  else if constexpr (std::floating_point<M>)
    member = static_cast<M>(source.number());
  else if constexpr (std::is_same_v<M, std::size_t>)
    member = source.below(9);
  else if constexpr (std::integral<M>)
    member = static_cast<M>(some());
  else if constexpr (std::is_same_v<M, std::optional<Index>>)
    member = source.whole();
  else if constexpr (std::is_same_v<M, std::optional<double>>)
    member = source.number();
  else if constexpr (std::is_same_v<M, std::string>)
    member = source.text();
  else if constexpr (std::is_same_v<M, LearningRate> || std::is_same_v<M, AnySchedule>)
    member = M{source.number()};
  else if constexpr (std::is_same_v<M, std::vector<double>>)
    member.assign(source.below(5), source.number());
  else if constexpr (std::is_same_v<M, std::vector<PiecewiseConstant::Change>>)
    member.assign(source.below(3), {source.whole(), source.number()});
}

/// Returns the options, of which half the time some are changed.
template <class A>
A changed(Source& source, A options, Whole whole = Whole::any) {
  if constexpr (std::is_aggregate_v<A>)
    if (source.one_in(2))
      detail::visit_members(options, [&](auto& member) {
        if (source.one_in(3)) change(source, member, whole);
      });
  return options;
}

}  // namespace fuzz
