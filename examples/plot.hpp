#pragma once

// Charts for the lessons, as SVG. Part of the examples, not of the library.
//
//   write_svg("curves.svg", {line_chart({.title = "Loss", .x_label = "epoch"}, {{"train", a}, {"dev", b}})});
//   write_svg("maps.svg", {class_map("plain", net, train), class_map("L2", other, train)});    side by side

#include <algorithm>
#include <array>
#include <cmath>
#include <descent/descent.hpp>
#include <filesystem>
#include <limits>
#include <locale>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace plot {

using descent::Index;

/// A drawing of `width` x `height`.
struct Picture {
  static constexpr double width = 480, height = 360;
  std::string svg;
};

struct Line {
  std::string name;
  std::vector<double> values;
};

struct Axes {
  std::string title;
  std::string x_label = "epoch";
  std::string y_label = "loss";
  double x_first = 0;      ///< the place of the first value of a line on the x axis
  double x_per_value = 1;  ///< the distance on the x axis between the values of a line
  double y_most = std::numeric_limits<double>::infinity();  ///< values above are cut off
};

/// A number with up to 6 digits, as in the C locale.
inline std::string number(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << (std::abs(value) < 1e-12 ? 0 : value);
  return text.str();
}

namespace detail {

/// A color of the palette for color-blind readers (Okabe, Ito), with a distinct dash for lines and a pale shade for
/// areas.
struct Style {
  const char *color, *dash, *pale;
};
inline const Style& style(std::size_t i) {
  static constexpr std::array<Style, 7> styles{{{"#0072b2", "none", "#cfe3f2"},
                                                {"#d55e00", "7 3", "#f9dcc6"},
                                                {"#009e73", "2 3", "#c9ebe0"},
                                                {"#cc79a7", "9 3 2 3", "#f3deea"},
                                                {"#000000", "none", "#dddddd"},
                                                {"#e69f00", "12 4", "#faeac8"},
                                                {"#56b4e9", "4 2", "#dcf0fb"}}};
  return styles[i % styles.size()];
}

inline std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string{c};
  return safe;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// About five round numbers in the range.
  std::vector<double> ticks() const {
    const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 1.5   ? 1
                                 : rough / power < 3.5 ? 2
                                 : rough / power < 7.5 ? 5
                                                       : 10);
    std::vector<double> all;
    for (double k = std::ceil(low / step); k * step <= high + step / 1000; ++k) all.push_back(k * step);
    return all;
  }
};

/// The frame of a chart: axes, ticks and labels, and the positions of points.
class Frame {
 public:
  Frame(const Axes& axes, Range across, Range upwards) : x_{across}, y_{upwards} {
    out.imbue(std::locale::classic());
    if (!(x_.high > x_.low)) x_ = {0, 1};
    if (!(y_.high > y_.low))
      y_ = {std::isfinite(y_.low) ? y_.low - 0.5 : 0, std::isfinite(y_.low) ? y_.low + 0.5 : 1};
    text(Picture::width / 2, 22, "middle", axes.title, "font-weight='bold'");
    text((left + right) / 2, Picture::height - 10, "middle", axes.x_label);
    out << "<text transform='translate(16 " << (top + bottom) / 2 << ") rotate(-90)' text-anchor='middle'>"
        << escaped(axes.y_label) << "</text>\n";
    for (const double tick : x_.ticks()) {
      out << "<path d='M" << x(tick) << ' ' << bottom << "v5' stroke='black'/>";
      text(x(tick), bottom + 18, "middle", number(tick));
    }
    for (const double tick : y_.ticks()) {
      out << "<path d='M" << left << ' ' << y(tick) << "h-5' stroke='black'/>";
      text(left - 8, y(tick) + 4, "end", number(tick));
    }
  }

  double x(double value) const { return left + (value - x_.low) / (x_.high - x_.low) * (right - left); }
  double y(double value) const { return bottom - (value - y_.low) / (y_.high - y_.low) * (bottom - top); }
  const Range& x_range() const { return x_; }
  const Range& y_range() const { return y_; }

  void text(double at_x, double at_y, const char* anchor, const std::string& content, const char* more = "") {
    out << "<text x='" << at_x << "' y='" << at_y << "' text-anchor='" << anchor << "' " << more << '>'
        << escaped(content) << "</text>\n";
  }
  Picture finish() {
    out << "<rect x='" << left << "' y='" << top << "' width='" << right - left << "' height='"
        << bottom - top << "' fill='none' stroke='black'/>\n";
    return {out.str()};
  }

  static constexpr double left = 62, right = Picture::width - 14, top = 34, bottom = Picture::height - 48;
  std::ostringstream out;

 private:
  Range x_, y_;
};

}  // namespace detail

/// A chart with one line for each series, and a legend. Values that are not finite or above `y_most` leave gaps.
inline Picture line_chart(const Axes& axes, const std::vector<Line>& lines) {
  const auto place = [&](std::size_t k) { return axes.x_first + static_cast<double>(k) * axes.x_per_value; };
  detail::Range x, y;
  for (const Line& line : lines) {
    if (line.values.empty()) continue;
    x.include(place(0)), x.include(place(line.values.size() - 1));
    for (const double value : line.values)
      if (std::isfinite(value)) y.include(std::min(value, axes.y_most));
  }
  if (y.low > 0 && y.low < 0.5 * y.high) y.low = 0;
  const double margin = 0.04 * (y.high - y.low);
  if (y.low != 0) y.low -= margin;
  if (y.high < axes.y_most) y.high += margin;

  detail::Frame frame{axes, x, y};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::vector<double>& values = lines[i].values;
    const std::size_t stride = values.size() / 400 + 1;  // more points than pixels show nothing
    frame.out << "<path fill='none' stroke-width='1.8' stroke='" << detail::style(i).color
              << "' stroke-dasharray='" << detail::style(i).dash << "' d='";
    bool down = false;
    for (std::size_t k = 0; k < values.size(); k += stride) {
      const bool visible = std::isfinite(values[k]) && values[k] <= axes.y_most;
      if (visible) frame.out << (down ? 'L' : 'M') << frame.x(place(k)) << ' ' << frame.y(values[k]);
      down = visible;
    }
    frame.out << "'/>\n";
  }
  // The legend is on the right, at the top or at the bottom, where it covers fewer points.
  const double size = 18 * static_cast<double>(lines.size()) + 10;
  int above = 0, below = 0;
  for (const Line& line : lines)
    for (std::size_t k = line.values.size() / 2; k < line.values.size(); ++k) {
      above += frame.y(line.values[k]) < detail::Frame::top + size;
      below += frame.y(line.values[k]) > detail::Frame::bottom - size;
    }
  const double first_row = above <= below ? detail::Frame::top + 16 : detail::Frame::bottom - size + 16;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double row = first_row + 18 * static_cast<double>(i);
    frame.out << "<path d='M" << detail::Frame::right - 12 << ' ' << row - 4
              << "h-34' stroke-width='1.8' stroke='" << detail::style(i).color << "' stroke-dasharray='"
              << detail::style(i).dash << "'/>";
    frame.text(detail::Frame::right - 52, row, "end", lines[i].name,
               "paint-order='stroke' stroke='white' stroke-width='3'");
  }
  return frame.finish();
}

/// The plane, shaded by the predicted class, and the samples: discs, squares and diamonds for the classes 0, 1 and 2.
template <class Net>
Picture class_map(const std::string& title, const Net& net,
                  const descent::Dataset<typename Net::Scalar>& data) {
  using T = typename Net::Scalar;
  detail::Range x, y;
  for (Index j = 0; j < data.samples(); ++j) x.include(data.x(0, j)), y.include(data.x(1, j));
  const double margin_x = 0.08 * (x.high - x.low), margin_y = 0.08 * (y.high - y.low);
  x = {x.low - margin_x, x.high + margin_x};
  y = {y.low - margin_y, y.high + margin_y};
  detail::Frame frame{{.title = title, .x_label = "x", .y_label = "y"}, x, y};

  constexpr Index cells = 120;
  const double step_x = (x.high - x.low) / cells, step_y = (y.high - y.low) / cells;
  descent::Matrix<T> grid(2, cells * cells);
  for (Index j = 0; j < grid.cols(); ++j) {
    grid(0, j) = static_cast<T>(x.low + (static_cast<double>(j % cells) + 0.5) * step_x);
    grid(1, j) = static_cast<T>(y.low + (static_cast<double>(j / cells) + 0.5) * step_y);
  }
  const std::vector<Index> predicted = descent::predict_classes(net, grid);
  const auto class_at = [&](Index row, Index column) {
    return predicted[static_cast<std::size_t>(row * cells + column)];
  };
  for (Index row = 0; row < cells; ++row) {
    for (Index column = 0, next = 0; column < cells; column = next) {
      while (next < cells && class_at(row, next) == class_at(row, column)) ++next;
      const double from = x.low + static_cast<double>(column) * step_x,
                   up = y.low + static_cast<double>(row + 1) * step_y;
      frame.out << "<rect x='" << frame.x(from) << "' y='" << frame.y(up) << "' width='"
                << frame.x(from + static_cast<double>(next - column) * step_x) - frame.x(from) << "' height='"
                << frame.y(up - step_y) - frame.y(up) << "' shape-rendering='crispEdges' fill='"
                << detail::style(static_cast<std::size_t>(class_at(row, column))).pale << "'/>\n";
    }
  }
  for (Index j = 0; j < data.samples(); ++j) {
    const auto c = static_cast<std::size_t>(data.y(0, j));
    const double at_x = frame.x(data.x(0, j)), at_y = frame.y(data.x(1, j));
    const std::string look =
        std::string{" fill='"} + detail::style(c).color + "' stroke='white' stroke-width='0.6'/>\n";
    if (c == 0)
      frame.out << "<circle cx='" << at_x << "' cy='" << at_y << "' r='3.2'" << look;
    else
      frame.out << "<rect x='-2.9' y='-2.9' width='5.8' height='5.8' transform='translate(" << at_x << ' '
                << at_y << ") rotate(" << (c == 1 ? 0 : 45) << ")'" << look;
  }
  return frame.finish();
}

/// Writes pictures side by side, `per_row` in a row. Creates the folder if it does not exist.
inline void write_svg(const std::filesystem::path& path, const std::vector<Picture>& pictures,
                      std::size_t per_row = 3) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  const std::size_t columns = std::min(per_row, pictures.size()),
                    rows = (pictures.size() + columns - 1) / columns;
  const double width = static_cast<double>(columns) * Picture::width,
               height = static_cast<double>(rows) * Picture::height;
  descent::replace_file(path.string(), "write_svg", [&](std::ostream& out) {
    out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << width << "' height='" << height
        << "' font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n";
    for (std::size_t i = 0; i < pictures.size(); ++i)
      out << "<g transform='translate(" << static_cast<double>(i % columns) * Picture::width << ' '
          << static_cast<double>(i / columns) * Picture::height << ")'>\n"
          << pictures[i].svg << "</g>\n";
    out << "</svg>\n";
  });
}

}  // namespace plot
