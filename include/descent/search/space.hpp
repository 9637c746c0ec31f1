#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/search/range.hpp"

namespace descent::inline DESCENT_ABI {

/// A hyper-parameter of a trial. Two with the same name and different ranges, as in two branches of an `if`, are
/// different hyper-parameters.
struct HyperParameter {
  std::string name;
  std::string range;        ///< the range or the options as text
  double value = 0;         ///< the number, or the index of the option
  double position = 0;      ///< of a number in its range, from 0 to 1 in its scale; the index of the option
  std::string option = {};  ///< the name of the option; empty for a number

  bool is_choice() const { return !option.empty(); }
  bool is_same(const HyperParameter& other) const { return name == other.name && range == other.range; }

  void visit_members(auto& a) { a("name", name), a("range", range), a("value", value); }
};

/// The values of all hyper-parameters of a trial, in the order in which `visit` names them.
using HyperParameters = std::vector<HyperParameter>;

/// A part of the space of settings: for some hyper-parameters a part of their range or of their options. By default all
/// of the space.
class Box {
 public:
  /// The part of one hyper-parameter.
  struct Part {
    std::string name, range;
    double low = 0, high = 1;          ///< positions in the range
    std::vector<std::size_t> options;  ///< of a choice
  };

  Box() = default;

  /// The smallest box around the settings of some trials, a little wider: by 1 / (number of trials) of its width, and
  /// at least by 5 % of the range, on either side. Of a choice it contains the options that they made.
  explicit Box(const std::vector<HyperParameters>& trials) {
    for (const HyperParameters& each : trials)
      for (const HyperParameter& p : each) add(p);
    for (Part& part : parts_) {
      const double more = std::max(0.05, (part.high - part.low) / static_cast<double>(trials.size()));
      part.low = std::max(0.0, part.low - more), part.high = std::min(1.0, part.high + more);
    }
  }

  /// Returns the part of a range, or null for all of it.
  const Part* find(std::string_view name, std::string_view range) const {
    for (const Part& part : parts_)
      if (part.name == name && part.range == range) return &part;
    return nullptr;
  }

 private:
  void add(const HyperParameter& p) {
    auto part = std::find_if(parts_.begin(), parts_.end(),
                             [&](const Part& each) { return each.name == p.name && each.range == p.range; });
    if (part == parts_.end()) {
      parts_.push_back({p.name, p.range, p.position, p.position, {}});
      part = parts_.end() - 1;
    }
    part->low = std::min(part->low, p.position), part->high = std::max(part->high, p.position);
    if (!p.is_choice()) return;
    const auto option = static_cast<std::size_t>(p.value);
    if (std::find(part->options.begin(), part->options.end(), option) == part->options.end())
      part->options.push_back(option);
  }

  std::vector<Part> parts_;
};

namespace detail {

inline std::string text_of(const Range& r) {
  constexpr std::string_view scales[] = {"", ", log", ", 1 - log"};
  constexpr auto general = std::chars_format::general;
  return joined({Formatted{r.low, general, 15}, " to ", Formatted{r.high, general, 15},
                 scales[static_cast<std::size_t>(r.scale)]});
}
inline std::string text_of(const Choice& c) {
  std::string text;
  for (const std::string& option : c.options) text.append(text.empty() ? "" : ", ").append(option);
  return text;
}

/// The options of a choice that are in a box.
inline std::vector<std::size_t> options_in(const Box::Part* part, const Choice& c) {
  if (part != nullptr) return part->options;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < c.options.size(); ++i) all.push_back(i);
  return all;
}

/// Draws settings, in the order in which `visit` names them, so that its conditions see what was drawn before.
struct Draw {
  Rng rng;
  const Box& box;

  void operator()(const Range& r, RangeMember auto& member) {
    expect_usable_for(r, member);
    constexpr bool whole = std::integral<std::remove_cvref_t<decltype(member)>>;
    const Box::Part* part = box.find(r.name, text_of(r));
    const double u = rng.uniform();
    const double unit = part ? std::lerp(part->low, part->high, u) : u;
    member = static_cast<std::remove_cvref_t<decltype(member)>>(value_at(r, whole, unit));
  }
  void operator()(const Choice& c, auto& member) {
    expect_usable_for(c, member);
    const auto options = options_in(box.find(c.name, text_of(c)), c);
    choose(c, options[static_cast<std::size_t>(rng.below(static_cast<Index>(options.size())))], member);
  }
};

/// Enumerates the points of a grid. Each visit takes a digit for each hyper-parameter that it reaches, of which the last
/// changes fastest.
class GridWalk {
 public:
  GridWalk(int points, const Box& box) : points_{points}, box_{box} {}

  void operator()(const Range& r, RangeMember auto& member) {
    using V = std::remove_cvref_t<decltype(member)>;
    expect_usable_for(r, member);
    const Box::Part* part = box_.find(r.name, text_of(r));
    const double low = part ? part->low : 0, high = part ? part->high : 1;
    std::vector<double> values;
    for (int k = 0; k < points_; ++k) {
      const double at = points_ == 1 ? 0.5 : static_cast<double>(k) / (points_ - 1);
      const double value = value_at(r, std::integral<V>, std::lerp(low, high, at));
      if (values.empty() || values.back() != value) values.push_back(value);
    }
    member = static_cast<V>(values[next_digit(values.size())]);
  }
  void operator()(const Choice& c, auto& member) {
    expect_usable_for(c, member);
    const auto options = options_in(box_.find(c.name, text_of(c)), c);
    choose(c, options[next_digit(options.size())], member);
  }

  /// Moves on to the next point; returns false after the last one.
  bool advance() {
    digits_.resize(at_);
    at_ = 0;
    while (!digits_.empty() && ++digits_.back().value == digits_.back().count) digits_.pop_back();
    return !digits_.empty();
  }

 private:
  struct Digit {
    std::size_t value, count;
  };
  std::size_t next_digit(std::size_t count) {
    if (at_ == digits_.size()) digits_.push_back({0, count});
    return digits_[at_++].value;
  }

  int points_;
  const Box& box_;
  std::vector<Digit> digits_;
  std::size_t at_ = 0;
};

/// Lists the hyper-parameters of settings.
struct List {
  HyperParameters all;

  void operator()(const Range& r, const RangeMember auto& member) {
    constexpr bool whole = std::integral<std::remove_cvref_t<decltype(member)>>;
    const auto value = static_cast<double>(member);
    add({std::string{r.name}, text_of(r), value, Axis{r, whole}.to_unit(value)});
  }
  void operator()(const Choice& c, const auto& member) {
    const std::size_t option = option_of(c, member);
    if (option == c.options.size())
      throw_error<DataError>(joined({"Choice \"", c.name, '"'}),
                             {"expected a member that each option sets, got another value"},
                             "let the enumeration have a value for each option");
    const auto value = static_cast<double>(option);
    add({std::string{c.name}, text_of(c), value, value, c.options[option]});
  }

 private:
  void add(HyperParameter p) {
    for (const HyperParameter& other : all)
      if (other.name == p.name)
        throw_error<DataError>("search", {"expected different names, got \"", p.name, "\" twice"},
                               "rename one of the hyper-parameters");
    all.push_back(std::move(p));
  }
};

/// Sets settings to the values of hyper-parameters, which `visit` must name in the same order.
class Assign {
 public:
  explicit Assign(const HyperParameters& from) : from_{from} {}

  void operator()(const Range& r, RangeMember auto& member) {
    member = static_cast<std::remove_cvref_t<decltype(member)>>(next(r.name, text_of(r)));
  }
  void operator()(const Choice& c, auto& member) {
    const double option = next(c.name, text_of(c));
    if (!(option >= 0 && option < static_cast<double>(c.options.size()))) reject(c.name);
    choose(c, static_cast<std::size_t>(option), member);
  }
  void expect_end() const {
    if (at_ != from_.size()) reject(from_[at_].name);
  }

 private:
  double next(std::string_view name, std::string_view range) {
    if (at_ == from_.size() || from_[at_].name != name || from_[at_].range != range) reject(name);
    return from_[at_++].value;
  }
  [[noreturn]] void reject(std::string_view name) const {
    throw_error<DataError>(
        "search",
        {"expected the hyper-parameters of these settings in the folder, got another \"", name, '"'},
        "choose another folder, or the settings of the program that wrote this one");
  }

  const HyperParameters& from_;
  std::size_t at_ = 0;
};

/// Settings that name their hyper-parameters.
template <class S>
concept Searchable = std::default_initializable<S> && requires(S& s, Draw& draw) { S::visit(draw, s); };

template <Searchable S>
HyperParameters list_of(const S& settings) {
  List list;
  S::visit(list, settings);
  if (list.all.empty())
    throw_error<DataError>("search", {"expected at least one hyper-parameter, got none"},
                           "name each in visit, such as f(Range{\"rate\", 1e-4, 1, Scale::log}, s.rate)");
  return std::move(list.all);
}

/// Draws the settings of a trial from a box: a function of the seed and the number of the trial.
template <Searchable S>
S drawn(std::uint64_t seed, int trial, const Box& box) {
  S settings{};
  Draw draw{Rng{seed, Purpose::search, static_cast<std::uint32_t>(trial)}, box};
  S::visit(draw, settings);
  return settings;
}

/// Returns the points of a grid in a box, at most `most` of them.
template <Searchable S>
std::vector<S> grid_of(int points, const Box& box, int most) {
  std::vector<S> all;
  GridWalk walk{points, box};
  do {
    S settings{};
    S::visit(walk, settings);
    all.push_back(settings);
  } while (static_cast<int>(all.size()) < most && walk.advance());
  return all;
}

}  // namespace detail

}  // namespace descent
