#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/search/range.hpp"
#include "descent/search/space.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A density of positions in a range: the mean of normal distributions around the given ones, cut off at the ends of the
/// range, and a uniform one. The width of each is the distance to the farther of its neighbors.
class ParzenDensity {
 public:
  explicit ParzenDensity(std::vector<double> positions) : at_{std::move(positions)} {
    std::sort(at_.begin(), at_.end());
    const std::size_t n = at_.size();
    const double least = 1 / std::min(100.0, static_cast<double>(n) + 2);
    for (std::size_t i = 0; i < n; ++i) {
      const double left = at_[i] - (i == 0 ? 0 : at_[i - 1]), right = (i + 1 == n ? 1 : at_[i + 1]) - at_[i];
      width_.push_back(std::clamp(std::max(left, right), least, 1.0));
    }
  }

  double operator()(double at) const {
    double sum = 1;
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const double z = (at - at_[i]) / width_[i];
      const double share = below((1 - at_[i]) / width_[i]) - below(-at_[i] / width_[i]);
      sum += std::exp(-z * z / 2) / (2.5066282746310002 * width_[i] * share);
    }
    return sum / static_cast<double>(at_.size() + 1);
  }
  double draw(Rng& rng) const {
    const auto i = static_cast<std::size_t>(rng.below(static_cast<Index>(at_.size() + 1)));
    if (i == at_.size()) return rng.uniform();
    for (;;)
      if (const double at = at_[i] + width_[i] * rng.normal(); at >= 0 && at <= 1) return at;
  }

 private:
  static double below(double z) { return std::erfc(-z / 1.4142135623730951) / 2; }

  std::vector<double> at_, width_;
};

/// Draws settings like the good trials and unlike the others: each hyper-parameter has the value, among candidates from
/// the density of the good trials, for which the ratio of the two densities is greatest. Those of a branch are compared
/// with the trials that have them.
///
/// Source   Bergstra, Bardenet, Bengio, Kégl: Algorithms for hyper-parameter optimization (NIPS 2011)
class ParzenDraw {
 public:
  /// `ranked` are earlier trials, the best first.
  ParzenDraw(Rng rng, const Box& box, const std::vector<HyperParameters>& ranked) : rng_{rng}, box_{box} {
    const double good = std::ceil(0.15 * static_cast<double>(ranked.size()));
    const auto end = ranked.begin() + static_cast<std::ptrdiff_t>(good);
    good_.assign(ranked.begin(), end), others_.assign(end, ranked.end());
  }

  void operator()(const Range& r, RangeMember auto& member) {
    using V = std::remove_cvref_t<decltype(member)>;
    expect_usable_for(r, member);
    const std::string range = text_of(r);
    const Box::Part* part = box_.find(r.name, range);
    const double low = part ? part->low : 0, high = part ? part->high : 1;
    const auto density = [&](const std::vector<HyperParameters>& trials) {
      std::vector<double> inside = positions(trials, r.name, range);
      for (double& at : inside) at = std::clamp((at - low) / (high - low), 0.0, 1.0);
      return ParzenDensity{std::move(inside)};
    };
    const ParzenDensity good = density(good_), others = density(others_);
    const double unit = best([&] { return good.draw(rng_); }, good, others);
    member = static_cast<V>(value_at(r, std::integral<V>, std::lerp(low, high, unit)));
  }
  void operator()(const Choice& c, auto& member) {
    expect_usable_for(c, member);
    const std::string range = text_of(c);
    const auto options = options_in(box_.find(c.name, range), c);
    const auto shares = [&](const std::vector<HyperParameters>& trials) {
      const std::vector<double> made = positions(trials, c.name, range);
      std::vector<double> all;
      for (const std::size_t option : options) {
        const auto count = std::count(made.begin(), made.end(), static_cast<double>(option));
        all.push_back(static_cast<double>(count + 1) / static_cast<double>(made.size() + options.size()));
      }
      return all;
    };
    const std::vector<double> good = shares(good_), others = shares(others_);
    const auto draw = [&] {
      double u = rng_.uniform();
      std::size_t i = 0;
      while (i + 1 < good.size() && u >= good[i]) u -= good[i++];
      return i;
    };
    const auto share = [](const std::vector<double>& of) { return [&of](std::size_t i) { return of[i]; }; };
    choose(c, options[best(draw, share(good), share(others))], member);
  }

 private:
  auto best(auto&& draw, auto&& good, auto&& others) {
    constexpr int candidates = 24;
    auto chosen = draw();
    double most = good(chosen) / others(chosen);
    for (int i = 1; i < candidates; ++i) {
      const auto candidate = draw();
      if (const double ratio = good(candidate) / others(candidate); ratio > most)
        chosen = candidate, most = ratio;
    }
    return chosen;
  }
  /// Returns the positions of the trials that have the hyper-parameter.
  static std::vector<double> positions(const std::vector<HyperParameters>& trials, std::string_view name,
                                       std::string_view range) {
    std::vector<double> all;
    for (const HyperParameters& trial : trials)
      for (const HyperParameter& p : trial)
        if (p.name == name && p.range == range) all.push_back(p.position);
    return all;
  }

  Rng rng_;
  const Box& box_;
  std::vector<HyperParameters> good_, others_;
};

}  // namespace descent::detail
