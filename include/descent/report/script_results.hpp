#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The fourth part of the script of a page: predictions, the table of a search, and the model.
inline constexpr std::string_view script_results = R"js(
const sum = list => list.reduce((a, b) => a + b, 0);
const className = (r, k) => r.classes[k] === undefined ? String(k) : r.classes[k];

function confusion(r) {
  const n = r.counts.length, most = Math.max(1, ...r.counts.map(row => Math.max(...row)));
  const wrong = Math.max(1, ...r.counts.map((row, i) => Math.max(...row.filter((_, j) => j !== i), 0)));
  const cell = (count, i, j) => el('td', {style: count ? 'background:rgba(var(--' + (i === j ? 'hit' : 'miss') + '),' +
    (0.06 + 0.24 * (i === j ? count / most : count / wrong)).toFixed(3) + ')' : null}, count ? fmt(count) : '\u00b7');
  const recall = r.counts.map((row, i) => sum(row) ? row[i] / sum(row) : null);
  const precision = r.counts.map((_, j) => { const all = sum(r.counts.map(row => row[j])); return all ? r.counts[j][j] / all : null; });
  const long = r.counts.some((_, k) => [...className(r, k)].length > 5);
  return el('figure', {class: n > (long ? 5 : 12) ? 'wide' : null, 'data-title': 'confusion matrix'},
    el('figcaption', {}, el('h3', {}, 'confusion matrix'), el('p', {}, 'Rows are actual classes, columns predicted ones.')),
    el('div', {class: 'scroll full', tabindex: 0, role: 'region', 'aria-label': 'confusion matrix'}, el('table', {class: 'confusion' + (n < 5 ? ' few' : '')},
      el('thead', {}, el('tr', {}, el('td', {}), ...r.counts.map((_, j) => el('th', {scope: 'col', title: className(r, j)}, named(className(r, j)))))),
      el('tbody', {}, ...r.counts.map((row, i) => el('tr', {}, el('th', {scope: 'row', title: className(r, i)}, named(className(r, i))),
        ...row.map((count, j) => cell(count, i, j))))))),
    numbers('per class', ['class', 'samples', 'recall', 'precision'],
      r.counts.map((row, i) => [className(r, i), sum(row), recall[i] === null ? null : Number(recall[i].toFixed(4)), precision[i] === null ? null : Number(precision[i].toFixed(4))])));
}

function image(pixels, shape, label) {
  const [side, hex] = pixels.split(' '), width = Number(side), channels = shape[0] >= 3 ? 3 : 1;
  const height = hex.length / (2 * channels * width);
  const canvas = el('canvas', {width, height, role: 'img', 'aria-label': label}), context = canvas.getContext('2d');
  const target = context.createImageData(width, height);
  for (let i = 0; i < width * height; ++i) {
    for (let c = 0; c < 3; ++c) {
      const at = 2 * (channels * i + (channels === 3 ? c : 0));
      target.data[4 * i + c] = parseInt(hex.slice(at, at + 2), 16);
    }
    target.data[4 * i + 3] = 255;
  }
  context.putImageData(target, 0, 0);
  return canvas;
}
function mistakes(r) {
  if (!r.mistakes.length) return null;
  const label = v => r.numbers ? fmt(v) : className(r, v), rounded = v => known(v) ? Number(v.toPrecision(4)) : null;
  if (r.mistakes[0].pixels)
    return el('div', {class: 'card' + (r.mistakes.length > 10 ? ' wide' : '')}, el('h3', {}, r.numbers ? 'largest errors' : 'mistakes'),
      el('p', {class: 'soft'}, r.numbers ? 'The largest first.' : 'The most certain first.'),
      el('ul', {class: 'images'}, ...r.mistakes.map(m => el('li', {},
        image(m.pixels, r.shape, 'sample ' + m.sample + ': ' + isolated(label(m.actual)) + ', predicted ' + isolated(label(m.predicted))),
        el('div', {}, named(label(m.actual)), ' as ', el('b', {}, named(label(m.predicted)))), el('div', {class: 'soft'}, '#' + m.sample)))));
  const count = Math.max(...r.mistakes.map(m => (m.inputs || []).length));
  const features = Array.from({length: count}, (_, i) => r.features[i] === undefined ? 'x' + i : r.features[i]);
  return el('div', {class: 'card' + (count > 4 ? ' wide' : '')}, el('h3', {}, r.numbers ? 'largest errors' : 'mistakes'),
    table(r.numbers ? 'The largest first.' : 'The most certain first.', ['sample', 'actual', 'predicted', ...features],
      r.mistakes.map(m => [m.sample, ...[m.actual, m.predicted].map(r.numbers ? rounded : label), ...(m.inputs || []).map(rounded)])));
}

function scoreCurves(r) {
  if (!r.curve) return [];
  const points = [[Infinity, 0, 0, 1], ...r.curve], name = className(r, 1);
  const header = ['threshold', 'true positives', 'false positives', 'precision'], items = p => [
    {name: 'true positives', value: fmt(p[1])}, {name: 'false positives', value: fmt(p[2])}, {name: 'precision', value: fmt(p[3])}];
  const stops = (x, y, list) => list.map(p => ({x: p[x], title: 'threshold ' + fmt(p[0]),
    items: items(p).map((item, i) => ({...item, y: i === 0 ? p[y] : null, color: i === 0 ? 'c0' : null}))}));
  const unit = label => ({label, range: [0, 1]});
  return [
    chart({title: 'receiver operating characteristic', square: true, note: 'Area ' + fmt(r.area) + '; 0.5 is a guess.', diagonal: true,
      x: unit('false positive rate'), y: unit('true positive rate'), stops: stops(2, 1, r.curve), header, rows: r.curve,
      lines: [{name: 'roc', label: false, x: points.map(p => p[2]), y: points.map(p => p[1])}]}),
    chart({title: 'precision and recall', square: true,
      note: ['Of class ', named(name), ': average precision ' + fmt(r.average_precision) + '; ' + fmt(r.positives) + ' is a guess.'],
      x: unit('recall'), y: unit('precision'), stops: stops(1, 3, r.curve), header, rows: r.curve, lines: [
        {name: 'precision', label: false, x: r.curve.map(p => p[1]), y: r.curve.map(p => p[3])},
        {name: 'guess', label: false, x: [0, 1], y: [r.positives, r.positives], color: 'c7', dash: 2}]})];
}
const scatter = (n, k, count) => {
  const sorted = n.samples.map(([sample, actual, predicted]) => ({sample, actual, predicted})).sort((a, b) => a.actual - b.actual);
  const range = domain({}, [sorted.map(s => s.actual), sorted.map(s => s.predicted)]);
  return chart({title: count > 1 ? 'predicted against actual, output ' + k : 'predicted against actual', square: true, scattered: true,
    note: 'Root mean square error ' + fmt(n.rmse) + ', R\u00b2 ' + fmt(n.r2) + '.', diagonal: true,
    x: {label: 'actual', range}, y: {label: 'predicted', range},
    lines: [{name: 'samples', points: true, x: sorted.map(s => s.actual), y: sorted.map(s => s.predicted)}],
    stops: sorted.map(s => ({x: s.actual, title: 'sample ' + s.sample,
      items: [{name: 'predicted', value: fmt(s.predicted), y: s.predicted, color: 'c1'}, {name: 'actual', value: fmt(s.actual)}]})),
    header: ['sample', 'actual', 'predicted'], rows: sorted.map(s => [s.sample, s.actual, s.predicted])});
};

function results() {
  for (const r of data.results || []) {
    let note = plural(r.samples, 'sample') + '.';
    const parts = [];
    if (r.class_count) {
      const hits = r.counts ? sum(r.counts.map((row, i) => row[i])) : r.hits;
      const all = r.counts ? sum(r.counts.map(sum)) : r.samples;
      note = fmt(hits) + ' of ' + plural(all, 'sample') + ' right, ' + percent(all ? hits / all : null) + '.';
      if (r.counts) parts.push(confusion(r));
      else parts.push(el('div', {class: 'card'}, el('h3', {}, 'confusions'), table('The most frequent first.',
        ['actual', 'predicted', 'samples'], r.pairs.map(([count, i, j]) => [className(r, i), className(r, j), count]))));
    }
    parts.push(...scoreCurves(r), ...(r.numbers || []).map((n, k) => scatter(n, k, r.numbers.length)), mistakes(r));
    section('Predictions: ' + isolated(r.name), el('p', {class: 'soft lead'}, note), grid(parts));
  }
}
)js";

}  // namespace descent::inline DESCENT_ABI::detail
