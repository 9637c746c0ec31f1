#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <ostream>
#include <string>
#include <string_view>

#if defined(_WIN32)
#include <io.h>

#include <chrono>
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

/// The form in which training shows its progress.
enum class ProgressStyle {
  automatic,  ///< a bar on a terminal, lines otherwise
  bar,        ///< a progress bar, redrawn in place at most ten times a second
  lines,      ///< one line at the end of each epoch
  silent,     ///< no output
};

/// The output stream and the style of the progress display. The environment variable NO_COLOR turns colors off.
struct ProgressOptions {
  std::ostream* out = &std::cerr;
  ProgressStyle style = ProgressStyle::automatic;
};

/// No progress display: `fit(..., {.progress = silent})`.
inline constexpr ProgressOptions silent{.style = ProgressStyle::silent};

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

/// The time of a monotonic clock in seconds.
inline double now() {
#if defined(_WIN32)
  return std::chrono::duration<double>{std::chrono::steady_clock::now().time_since_epoch()}.count();
#else  // the same clock; <chrono> takes longer to compile than the rest of this header
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
#endif
}

/// Measures the time between two calls of `lap`, in seconds.
class Stopwatch {
 public:
  double lap() {
    const double before = began_;
    began_ = now();
    return began_ - before;
  }

 private:
  double began_ = now();
};

/// Formats a value with four decimals, or with an exponent if it is very small or very large.
inline Formatted readable(double value) {
  const bool fixed = value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e6);
  if (fixed) return {value, std::chars_format::fixed, 4};
  return {value, std::chars_format::scientific, 3};
}

}  // namespace detail

/// The progress display of a run.
class Progress {
 public:
  [[gnu::cold]] Progress(const ProgressOptions& options, int epochs, Index samples)
      : out_{options.out}, style_{options.style}, epochs_{epochs}, samples_{samples} {
    if (out_ == nullptr) style_ = ProgressStyle::silent;
    if (style_ == ProgressStyle::automatic)
      style_ = detail::is_terminal(*out_) ? ProgressStyle::bar : ProgressStyle::lines;
    const char* no_color = std::getenv("NO_COLOR");
    colored_ = no_color == nullptr || *no_color == '\0';
    width_ = style_ == ProgressStyle::bar ? detail::terminal_width() : 0;
#if defined(__GNUC__) && !defined(__OPTIMIZE__)
    if (style_ != ProgressStyle::silent && detail::is_terminal(*out_))
      *out_ << "descent: built without optimization, which is some 30 times slower; compile with -O2\n";
#endif
  }

  void begin_epoch() {
    ++epoch_;
    epoch_began_ = detail::now();
  }

  /// True if a bar is due. Saves callers from computing the values for `update`, which are expensive, when none is.
  bool wants_update() const { return style_ == ProgressStyle::bar && detail::now() - drawn_ >= 0.1; }

  [[gnu::cold]] void update(Index samples_done, const NamedValues& values, double learning_rate) {
    drawn_ = detail::now();
    constexpr int cells = 16;
    const double share = samples_ > 0 ? std::clamp(double(samples_done) / double(samples_), 0.0, 1.0) : 0;
    const auto filled = static_cast<std::size_t>(share * cells);
    const double epochs_done = epoch_ - 1 + share;
    const double elapsed = drawn_ - began_, left = elapsed * (epochs_ / epochs_done - 1);
    const auto seconds_left = left > 0 ? static_cast<long long>(std::min(std::ceil(left), 1e9)) : 0;

    std::string text = head();
    const std::size_t room = width_ - std::min(width_, text.size() + cells + 4);
    detail::append(text, {' ', color("\033[32m"), '['});
    text.append(filled, '#').append(cells - filled, '.');
    detail::append(text, {']', color("\033[0m")});
    const std::size_t width_without_tail = text.size();
    detail::append(
        text, {' ', seconds_left / 60, seconds_left % 60 < 10 ? ":0" : ":", seconds_left % 60, " left - ",
               Formatted{epochs_done * double(samples_) / elapsed, std::chars_format::fixed, 0},
               " samples/s - rate: ", Formatted{learning_rate, std::chars_format::scientific, 2}});
    append_values(text, values);
    if (text.size() - width_without_tail > room) text.resize(width_without_tail + room);
    *out_ << '\r' << text << "\033[K" << std::flush;
  }

  [[gnu::cold]] void end_epoch(const NamedValues& values) {
    if (style_ == ProgressStyle::silent) return;
    std::string text = style_ == ProgressStyle::bar ? "\r\033[K" : "";
    text += head();
    detail::append(text, {" - ", Formatted{detail::now() - epoch_began_, std::chars_format::fixed, 1}, 's'});
    append_values(text, values);
    *out_ << text << std::endl;
  }

 private:
  using Formatted = detail::Formatted;

  std::string head() const { return detail::joined({"Epoch ", epoch_, '/', epochs_}); }
  static void append_values(std::string& text, const NamedValues& values) {
    for (const auto& [name, numbers] : values)
      detail::append(text, {" - ", name, ": ", detail::readable(numbers.back())});
  }
  std::string_view color(std::string_view code) const { return colored_ ? code : std::string_view{}; }

  std::ostream* out_;
  ProgressStyle style_;
  bool colored_ = false;
  std::size_t width_ = 0;
  int epochs_;
  int epoch_ = 0;
  Index samples_;
  double began_ = detail::now(), epoch_began_ = began_, drawn_ = -1;
};

}  // namespace descent
