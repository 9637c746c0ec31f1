#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The first part of the script of a page: elements, numbers, tables, and charts. All text of the data becomes text
/// nodes, never markup.
inline constexpr std::string_view script_chart = R"js(
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);

// Elements. Attributes of value null are left out; strings among the children become text.
function make(document_element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined) document_element.setAttribute(name, value);
  document_element.append(...children.filter(child => child !== null && child !== undefined));
  return document_element;
}
const el = (tag, attributes, ...children) => make(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  make(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const named = text => el('bdi', {}, text);
const isolated = text => '\u2068' + text + '\u2069';

// Numbers.
function fmt(x, digits = 4) {
  if (x === null || x === undefined) return '\u2013';
  if (x === 0 || Number.isInteger(x) && Math.abs(x) < 1e7) return x.toLocaleString('en');
  const size = Math.abs(x);
  if (size < 1e-3 || size >= 1e7) return x.toExponential(digits - 2).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return String(Number(x.toPrecision(digits)));
}
const percent = x => x === null ? '\u2013' : (100 * x).toFixed(x > 0.995 && x < 1 ? 2 : 1) + ' %';
const plural = (n, one) => fmt(n) + ' ' + one + (n === 1 ? '' : 's');
function duration(s) {
  if (s < 60) return Number(s.toPrecision(2)) + ' s';
  const m = Math.floor(s / 60);
  return m < 60 ? m + ' min ' + Math.round(s % 60) + ' s' : Math.floor(m / 60) + ' h ' + m % 60 + ' min';
}
const known = x => x !== null && x !== undefined && Number.isFinite(x);
function extent(lists) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const x of list) if (known(x)) low = Math.min(low, x), high = Math.max(high, x);
  return low <= high ? [low, high] : [0, 1];
}

// Round numbers of an axis.
function ticks([low, high], count, whole) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  let step = power * [1, 2, 5, 10].find(k => k * power >= rough * 0.8);
  if (whole) step = Math.max(1, Math.round(step));
  const all = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k)
    all.push(Number((k * step).toPrecision(12)));
  return all;
}
function logTicks([low, high], count) {
  const all = [], first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1 && high < 10 * low) return ticks([low, high], count).filter(t => t > 0);
  if (last - first < 2) {
    for (let k = first - 1; k <= last; ++k) for (const m of [1, 2, 5]) all.push(Number(m + 'e' + k));
    return all.filter(t => t >= low && t <= high);
  }
  const step = Math.ceil((last - first + 1) / (count + 1));
  for (let k = first; k <= last; k += step) all.push(Number('1e' + k));
  return all;
}

// A table of numbers within <details>. Cells that are numbers stay exact.
function table(caption, header, rows, classes = '') {
  const cell = (value, tag, scope, k) => {
    const text = typeof value === 'string';
    return el(tag, {scope, class: rows.some(row => typeof row[k] === 'string') ? 'left' : null},
              text ? named(value) : value === null || value === undefined ? '\u2013' : String(value));
  };
  return el('div', {class: 'scroll ' + classes, tabindex: 0, role: 'region', 'aria-label': caption},
    el('table', {}, el('caption', {}, caption),
      el('thead', {}, el('tr', {}, ...header.map((name, k) => cell(name, 'th', 'col', k)))),
      el('tbody', {}, ...rows.map(row => el('tr', {},
        ...row.map((value, i) => i === 0 ? cell(value, 'th', 'row', i) : cell(value, 'td', null, i)))))));
}
const numbers = (caption, header, rows) =>
  el('details', {}, el('summary', {'aria-label': 'Numbers: ' + caption}, 'Numbers'), table(caption, header, rows));

// A chart:
//   title, note       its heading, and a sentence that says what it shows
//   x, y              {label, range, log, whole, percent} of the axes
//   lines             [{name, x, y, color, dash, points}]; points are not connected
//   band, diagonal    the healthy range of y; the line y = x
//   stops             what the pointer and the arrow keys step through: [{x, title, items: [{name, value, y, color}]}]
//   header, rows      its numbers
const drawings = [];
function chart(c) {
  const id = 'chart-' + drawings.length;
  const plot = el('div', {class: c.draw ? 'plot long' : 'plot', tabindex: 0, role: 'slider', 'aria-labelledby': id,
                          'aria-orientation': 'horizontal', 'aria-valuemin': 1, 'aria-valuemax': c.stops.length});
  const tip = el('div', {class: 'tip', hidden: '', 'aria-hidden': 'true'});
  const figure = el('figure', {class: c.wide ? 'wide' : null, 'data-title': c.title},
    el('figcaption', {}, el('h3', {id}, named(c.title)), c.note ? el('p', {}, ...[].concat(c.note)) : null),
    plot, c.rows ? numbers(c.title, c.header, c.rows) : null);
  let at = c.first === undefined ? c.stops.length - 1 : c.first, place = null, drawn = 0;

  const say = () => {
    const stop = c.stops[at];
    plot.setAttribute('aria-valuenow', at + 1);
    plot.setAttribute('aria-valuetext', isolated(stop.title) + ': ' +
      stop.items.map(i => isolated(i.name) + ' ' + i.value).join(', '));
  };
  const hide = () => { tip.hidden = true; place && place.cursor.replaceChildren(); };
  const show = index => {
    at = Math.max(0, Math.min(c.stops.length - 1, index));
    say();
    const stop = c.stops[at], px = place.x(stop.x);
    tip.replaceChildren(el('b', {}, named(stop.title)), ...stop.items.map(item =>
      el('div', {}, el('span', {class: 'name', style: item.color ? 'color:var(--' + item.color + ')' : null},
                       named(item.name)), el('span', {}, item.value))));
    tip.hidden = false;
    const width = plot.clientWidth;
    tip.style.left = Math.max(0, Math.min(width - tip.offsetWidth, px < width / 2 ? px + 12 : px - tip.offsetWidth - 12)) + plot.scrollLeft + 'px';
    tip.style.top = '4px';
    if (place.mark) return place.cursor.replaceChildren(place.mark(at));
    place.cursor.replaceChildren(
      c.scattered ? '' : svg('line', {class: 'cursor', x1: px, x2: px, y1: place.top, y2: place.bottom}),
      ...stop.items.filter(i => known(i.y)).map(i => svg('circle', {class: 'mark', cx: px, cy: place.y(i.y), r: 4.5,
        style: 'fill:var(--' + (i.color || 'c0') + ')'})));
  };
  const draw = () => {
    const width = plot.clientWidth;
    if (width === 0 || width === drawn) return;
    drawn = width;
    place = (c.draw || drawChart)(c, width);
    plot.replaceChildren(place.picture, tip);
    if (!tip.hidden) show(at);
  };
  if (c.stops.length === 0) plot.removeAttribute('role'), plot.removeAttribute('tabindex');
  else {
    say();
    plot.addEventListener('focus', () => plot.matches(':focus-visible') && show(at));
    plot.addEventListener('blur', hide);
    plot.addEventListener('pointerleave', () => document.activeElement === plot ? null : hide());
    plot.addEventListener('pointermove', event => {
      const box = plot.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      if (place.nearest) return show(place.nearest(x, y));
      let best = 0, least = Infinity;
      c.stops.forEach((stop, i) => {
        const dx = place.x(stop.x) - x, dy = c.scattered ? place.y(stop.items[0].y) - y : 0, d = dx * dx + dy * dy;
        if (d < least) least = d, best = i;
      });
      show(best);
    });
    plot.addEventListener('keydown', event => {
      const last = c.stops.length - 1;
      const to = {ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 10,
                  PageUp: at + 10, Home: 0, End: last}[event.key];
      if (event.key === 'Escape') hide();
      if (to === undefined) return;
      event.preventDefault();
      show(to);
    });
  }
  drawings.push(draw);
  new ResizeObserver(() => requestAnimationFrame(draw)).observe(plot);
  return figure;
}
)js";

}  // namespace descent::inline DESCENT_ABI::detail
