#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The second part of the script of a page: draws the axes and the lines of a chart.
inline constexpr std::string_view script_draw = R"js(
const ruler = document.createElement('canvas').getContext('2d');
function textWidth(text, bold) {
  ruler.font = (bold ? '600 ' : '') + '12px ' + getComputedStyle(document.body).fontFamily;
  return ruler.measureText(text).width;
}
const shortened = (text, most) => [...text].length <= most ? text : [...text].slice(0, most - 1).join('') + '\u2026';
const dashes = ['', '6 4', '2 4', '9 3 2 3'];

// The function from numbers to pixels.
function scale(axis, from, to) {
  const place = axis.log ? Math.log10 : x => x, [low, high] = axis.range.map(place);
  return x => from + (place(x) - low) / (high - low || 1) * (to - from);
}
// The range of an axis, a little wider than its numbers. It begins at 0 if they are not far above it.
function domain(axis, lists) {
  if (axis.range) return axis.range;
  let [low, high] = extent([...lists.map(list => axis.log ? list.filter(x => x > 0) : list), axis.with || []]);
  if (axis.log) {
    if (!(low > 0)) low = 1e-6;
    const margin = Math.max(1.05, (high / low) ** 0.05);
    return [low / margin, Math.max(high, low) * margin];
  }
  if (low === high) low -= Math.abs(low) / 2 || 0.5, high += Math.abs(high) / 2 || 0.5;
  const margin = 0.06 * (high - low), zero = low >= 0 && low < 0.5 * high;
  return [zero ? 0 : axis.tight ? low : low - margin, axis.tight ? high : high + margin];
}
// Moves labels apart: each at least `gap` below the one before, all between top and bottom.
function apart(labels, top, bottom, gap) {
  labels.sort((a, b) => a.y - b.y);
  let least = top;
  for (const l of labels) l.y = Math.max(l.y, least), least = l.y + gap;
  let most = bottom;
  for (const l of labels.slice().reverse()) l.y = Math.min(l.y, most), most = l.y - gap;
}

function drawChart(c, width) {
  const height = c.square ? Math.min(340, Math.max(240, width * 0.72)) : width < 420 ? 216 : 240;
  const x = {...c.x, range: domain({...c.x, tight: true}, c.lines.map(l => l.x))};
  const y = {...c.y, range: domain(c.y, c.lines.map(l => l.y))};
  const yTicks = y.log ? logTicks(y.range, 5) : ticks(y.range, 5, y.whole);
  const most = width < 420 ? 11 : 16, ends = c.lines.filter(l => !l.points && l.label !== false);
  const left = Math.max(...yTicks.map(t => textWidth(fmt(t, 3))), 14) + 12;
  const right = Math.max(10, textWidth(fmt(x.range[1], 3)) / 2 + 2, ...ends.map(l => textWidth(shortened(l.name, most), true) + 12));
  const top = y.label ? 26 : 10, bottom = height - (x.label ? 42 : 24);
  const px = scale(x, left, width - right), py = scale(y, bottom, top);
  const picture = svg('svg', {viewBox: '0 0 ' + width + ' ' + height, 'aria-hidden': 'true', focusable: 'false'});
  const add = (...all) => picture.append(svg(...all));
  const text = (at, up, anchor, content, attributes) =>
    add('text', {x: at, y: up, 'text-anchor': anchor, ...attributes}, content);

  if (c.band) {
    const [low, high] = [0, 1].map(i => Math.min(bottom, Math.max(top, py(Math.max(c.band[i], y.log ? 1e-300 : -1e300)))));
    add('rect', {class: 'band', x: left, width: Math.max(0, width - right - left), y: high, height: Math.max(0, low - high)});
    for (const edge of c.band)
      if (edge > y.range[0] && edge < y.range[1])
        add('path', {class: 'edge', d: 'M' + left + ' ' + py(edge) + 'H' + (width - right)});
  }
  for (const t of yTicks) {
    add('path', {class: 'rule', d: 'M' + left + ' ' + py(t) + 'H' + (width - right)});
    text(left - 8, py(t) + 4, 'end', fmt(t, 3));
  }
  add('path', {class: 'axis', d: 'M' + left + ' ' + bottom + 'H' + (width - right)});
  let free = 0;
  for (const t of ticks(x.range, width < 420 ? 4 : 6, x.whole)) {
    const label = fmt(t, 3), half = textWidth(label) / 2;
    if (px(t) - half < free) continue;
    free = px(t) + half + 8;
    add('path', {class: 'axis', d: 'M' + px(t) + ' ' + bottom + 'v4'});
    text(px(t), bottom + 18, 'middle', label);
  }
  if (x.label) text((left + width - right) / 2, height - 5, 'middle', shortened(x.label, 40));
  if (y.label) text(0, 12, 'start', shortened(y.label, 40));
  if (c.diagonal) {
    const low = Math.max(x.range[0], y.range[0]), high = Math.min(x.range[1], y.range[1]);
    if (low < high) add('path', {class: 'diagonal', d: 'M' + px(low) + ' ' + py(low) + 'L' + px(high) + ' ' + py(high)});
  }
  const drawable = v => known(v) && (!y.log || v > 0);
  const labels = [];
  c.lines.forEach((line, k) => {
    const color = 'var(--' + (line.color || 'c' + k % 8) + ')';
    if (line.points) {
      line.y.forEach((v, i) => drawable(v) && known(line.x[i]) &&
        add('circle', {class: 'dot', cx: px(line.x[i]), cy: py(v), r: 3, style: 'fill:' + color}));
      return;
    }
    let d = '', pen = 'M', lone = true, last = null;
    line.y.forEach((v, i) => {
      if (!drawable(v)) return void (pen = 'M');
      lone = lone && pen === 'M';
      d += pen + px(line.x[i]).toFixed(1) + ' ' + py(v).toFixed(1);
      pen = 'L';
      last = v;
    });
    add('path', {class: 'curve', d, 'data-name': line.name, style: 'stroke:' + color, 'stroke-dasharray': dashes[line.dash || 0] || null});
    if (last === null) return;
    if (lone) add('circle', {cx: px(line.x[line.y.lastIndexOf(last)]), cy: py(last), r: 3, style: 'fill:' + color});
    if (line.label !== false) labels.push({y: py(last) + 4, name: shortened(line.name, most), color});
  });
  apart(labels, top + 8, bottom + 4, 14);
  for (const l of labels)
    text(width - right + 8, l.y, 'start', l.name, {class: 'label', style: 'fill:' + l.color});
  const cursor = svg('g', {});
  picture.append(cursor);
  return {picture, cursor, x: px, y: v => py(y.log ? Math.max(v, y.range[0]) : v), top, bottom};
}

// Lines over a common axis: series [{name, values, color, dash}].
function lineChart(title, note, x, series, more = {}) {
  const shown = series.filter(s => s.values.some(known));
  if (shown.length === 0) return null;
  const values = shown.flatMap(s => s.values).filter(known);
  const least = Math.min(...values), wide = more.log !== false && least > 0 && Math.max(...values) / least > 40;
  const log = more.log === true || wide;
  return chart({
    title, note: wide && !more.log ? [note || '', note ? ' ' : '', 'Log scale.'] : note,
    x: {label: x.label, whole: true}, y: {log, label: more.label, range: more.range, with: log ? more.band : null},
    band: more.band, wide: more.wide,
    lines: shown.map((s, k) => ({name: s.name, label: shown.length > 1, x: x.values, y: s.values, color: s.color || 'c' + k % 8,
                                 dash: s.dash === undefined ? Math.floor(k / 8) : s.dash})),
    stops: x.values.map((at, i) => ({x: at, title: x.label + ' ' + at, items: shown.map((s, k) => ({
      name: s.name, value: fmt(s.values[i]), color: s.color || 'c' + k % 8,
      y: log && !(s.values[i] > 0) ? null : s.values[i]}))})),
    header: [x.label, ...(more.all || series).map(s => s.name)],
    rows: x.values.map((at, i) => [at, ...(more.all || series).map(s => s.values[i])])});
}
// At most `most` of a list, evenly chosen, with the first and the last.
function evenly(list, most) {
  if (list.length <= most) return list;
  return Array.from({length: most}, (_, i) => list[Math.round(i * (list.length - 1) / (most - 1))]);
}
)js";

}  // namespace descent::inline DESCENT_ABI::detail
