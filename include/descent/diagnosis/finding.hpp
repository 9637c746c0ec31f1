#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/json_text.hpp"
#include "descent/core/number_text.hpp"

namespace descent::inline DESCENT_ABI {

/// The severity of a finding, in increasing order.
enum class Severity : std::uint8_t {
  note,     ///< a property worth knowing, which needs no action
  warning,  ///< likely a fault
  error,    ///< surely a fault
};

/// A result of a rule that examines data, a model or its training.
struct Finding {
  std::string rule = {};  ///< the name of the rule, by which it is switched off
  Severity severity = Severity::warning;
  std::string place = {};  ///< the path of a layer or parameter, or the name of a feature; may be empty
  std::string what = {};   ///< the observation, with its numbers
  std::string cure = {};   ///< the next action, an imperative; may be empty
  double measured = 0, limit = 0;  ///< the statistic and its threshold
  std::optional<std::int64_t> step =
      {};  ///< the number of steps done when it was found; none outside of training
};

/// A list of findings, the worst first. Printed, it is one line per finding.
///
///   const Findings findings = examine(net, train, SoftmaxCrossEntropy{});
///   std::cout << findings;
///   if (findings.worst() == Severity::error) return 1;
class Findings {
 public:
  /// Inserts a finding after those that are as severe.
  void add(Finding finding) {
    const auto at = std::find_if(all_.begin(), all_.end(),
                                 [&](const Finding& other) { return other.severity < finding.severity; });
    all_.insert(at, std::move(finding));
  }
  void add(const Findings& others) {
    for (const Finding& finding : others.all_) add(finding);
  }

  std::size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  const Finding& operator[](std::size_t i) const { return all_[i]; }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

  /// The severity of the worst finding; that of a note if there are none.
  Severity worst() const { return all_.empty() ? Severity::note : all_.front().severity; }
  /// Returns the worst finding of a rule, or nullptr if it found nothing.
  const Finding* find(std::string_view rule) const {
    for (const Finding& finding : all_)
      if (finding.rule == rule) return &finding;
    return nullptr;
  }

  /// Writes an array with one object per finding.
  void write_json(std::ostream& out) const {
    out << '[';
    for (const Finding& f : all_) {
      out << (&f == all_.data() ? "\n" : ",\n");
      const auto text = [&](std::string_view name, std::string_view value) {
        out << detail::joined(", ", detail::json_text(name), ": ", detail::json_text(value));
      };
      out << "  {\"rule\": " << detail::json_text(f.rule);
      text("severity", name_of(f.severity)), text("place", f.place), text("what", f.what),
          text("cure", f.cure);
      out << detail::joined(", \"measured\": ", detail::json_number(f.measured),
                            ", \"limit\": ", detail::json_number(f.limit));
      if (f.step) out << detail::joined(", \"step\": ", *f.step);
      out << '}';
    }
    out << "\n]\n";
  }

  friend std::ostream& operator<<(std::ostream& out, const Findings& findings) {
    if (findings.empty()) return out << "no findings\n";
    for (const Finding& finding : findings) out << line(finding);
    return out;
  }

  /// Returns the line that is printed for a finding: severity, rule, place and step, then what was found and the cure.
  [[gnu::cold]] static std::string line(const Finding& f) {
    std::string text = detail::left_aligned(std::string{name_of(f.severity)}, 9);
    text += f.rule;
    if (!f.place.empty()) detail::append(text, {" in \"", f.place, '"'});
    if (f.step) detail::append(text, {" at step ", *f.step});
    detail::append(text, {": ", f.what, f.cure.empty() ? "" : "; ", f.cure, '\n'});
    return text;
  }

 private:
  static std::string_view name_of(Severity severity) {
    constexpr std::string_view names[] = {"note", "warning", "error"};
    return names[static_cast<std::size_t>(severity)];
  }

  std::vector<Finding> all_;
};

}  // namespace descent
