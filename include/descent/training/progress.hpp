#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if defined(_WIN32)
#include <io.h>
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "descent/core/types.hpp"

namespace descent {

enum class ProgressStyle {
  automatic,  ///< a bar on a terminal, lines elsewhere
  bar,        ///< redrawn in place, ten times a second at most
  lines,      ///< a line at the end of each epoch
  silent,
};

/// Where and how training shows its progress. NO_COLOR in the environment turns colours off.
struct ProgressOptions {
  std::ostream* out = &std::cerr;
  ProgressStyle style = ProgressStyle::automatic;
};

/// `fit(..., {.progress = silent})`
inline constexpr ProgressOptions silent{.style = ProgressStyle::silent};

using NamedValues = std::vector<std::pair<std::string, double>>;

namespace detail {

inline bool is_terminal(const std::ostream& out) {
#if defined(_WIN32)
  return (&out == &std::cout && _isatty(1)) || ((&out == &std::cerr || &out == &std::clog) && _isatty(2));
#else
  return (&out == &std::cout && isatty(1)) || ((&out == &std::cerr || &out == &std::clog) && isatty(2));
#endif
}

inline std::size_t terminal_width() {
#if !defined(_WIN32)
  winsize size{};
  if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
#endif
  return 80;
}

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

inline std::string to_text(double value) {
  const bool fixed = value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e6);
  return formatted(fixed ? "%.4f" : "%.3e", value);
}

inline std::string minutes(double seconds) {
  const auto whole = static_cast<long long>(seconds > 0 ? std::min(std::ceil(seconds), 1e9) : 0);
  return formatted("%lld:%02lld", whole / 60, whole % 60);
}

}  // namespace detail

/// Shows how far training has come. Draws nothing in the style `silent`.
class Progress {
 public:
  using Seconds = std::chrono::duration<double>;

  Progress(const ProgressOptions& options, int epochs, Index samples)
      : out_{options.out}, style_{options.style}, epochs_{epochs}, samples_{samples} {
    if (out_ == nullptr) style_ = ProgressStyle::silent;
    if (style_ == ProgressStyle::automatic)
      style_ = detail::is_terminal(*out_) ? ProgressStyle::bar : ProgressStyle::lines;
    const char* no_color = std::getenv("NO_COLOR");
    coloured_ = no_color == nullptr || *no_color == '\0';
    width_ = style_ == ProgressStyle::bar ? detail::terminal_width() : 0;
#if defined(__GNUC__) && !defined(__OPTIMIZE__)
    if (style_ != ProgressStyle::silent && detail::is_terminal(*out_))
      *out_ << "descent: built without optimisation, which is some 30 times slower; compile with -O2\n";
#endif
  }

  void begin_epoch() {
    ++epoch_;
    epoch_began_ = Clock::now();
  }

  /// Whether a bar is due. Asked before the values are gathered, because that costs more than asking.
  bool wants_update() const {
    return style_ == ProgressStyle::bar && Clock::now() - drawn_ >= std::chrono::milliseconds{100};
  }

  void update(Index samples_done, const NamedValues& values, double learning_rate) {
    drawn_ = Clock::now();
    constexpr int cells = 16;
    const double share =
        samples_ > 0 ? std::clamp(static_cast<double>(samples_done) / static_cast<double>(samples_), 0.0, 1.0)
                     : 0;
    const auto filled = static_cast<std::size_t>(share * cells);
    const double all_done = (epoch_ - 1 + share) / epochs_;
    const double elapsed = Seconds{drawn_ - began_}.count();
    const double speed = all_done * epochs_ * static_cast<double>(samples_) / elapsed;

    const std::string head = detail::formatted("Epoch %d/%d ", epoch_, epochs_);
    const std::string bar = std::string(filled, '#') + std::string(cells - filled, '.');
    std::string tail = ' ' + detail::minutes(elapsed / all_done - elapsed) + " left";
    tail += detail::formatted(" - %.0f samples/s - rate: %.2e", speed, learning_rate) + listed(values);
    const std::size_t room = width_ - std::min(width_, head.size() + cells + 3);
    *out_ << '\r' << head << colour("\033[32m") << '[' << bar << ']' << colour("\033[0m")
          << tail.substr(0, room) << "\033[K" << std::flush;
  }

  void end_epoch(const NamedValues& values) {
    if (style_ == ProgressStyle::silent) return;
    if (style_ == ProgressStyle::bar) *out_ << "\r\033[K";
    *out_ << detail::formatted("Epoch %d/%d - %.1fs", epoch_, epochs_,
                               Seconds{Clock::now() - epoch_began_}.count())
          << listed(values) << '\n'
          << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::string listed(const NamedValues& values) {
    std::string text;
    for (const auto& [name, value] : values) text += " - " + name + ": " + detail::to_text(value);
    return text;
  }
  std::string_view colour(std::string_view code) const { return coloured_ ? code : std::string_view{}; }

  std::ostream* out_;
  ProgressStyle style_;
  bool coloured_ = false;
  std::size_t width_ = 0;
  int epochs_;
  int epoch_ = 0;
  Index samples_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point epoch_began_ = began_;
  Clock::time_point drawn_{};
};

}  // namespace descent
