#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The third part of the script of a page: the sections of a run.
inline constexpr std::string_view script_sections = R"js(
const sections = [];
function section(title, ...content) {
  const id = 'section-' + (sections.length + 1), parts = content.flat().filter(part => part);
  if (parts.length > 0)
    sections.push({title, id, element: el('section', {'aria-labelledby': id}, el('h2', {id, tabindex: -1}, title), ...parts)});
}
const grid = (...charts) => charts.flat().some(c => c) ? el('div', {class: 'grid'}, ...charts.flat()) : null;
const texts = (caption, pairs) => el('div', {class: 'card texts'}, el('table', {},
  el('caption', {}, caption),
  el('tbody', {}, ...pairs.map(([name, text]) => el('tr', {}, el('th', {scope: 'row'}, named(name)), el('td', {}, named(text)))))));

// The metrics of a history: those of training and validation together.
function metrics(history) {
  const all = [];
  for (const s of history.series) {
    const validation = s.name.startsWith('val_') && history.series.some(o => o.name === s.name.slice(4));
    const name = validation ? s.name.slice(4) : s.name;
    let metric = all.find(m => m.name === name);
    if (!metric) all.push(metric = {name, lines: []});
    metric.lines.push({name: validation ? 'validation' : 'training', values: s.values, validation});
  }
  return all;
}
const falls = name => /loss|error|entropy|rmse|mse|mae|perplexity/i.test(name);
function bestOf(values, smallest) {
  let best = -1;
  values.forEach((v, i) => { if (known(v) && (best < 0 || (smallest ? v < values[best] : v > values[best]))) best = i; });
  return best;
}

function header() {
  const h = data.history, states = {training: 'Training', finished: 'Finished', failed: 'Failed'};
  const early = data.state === 'finished' && data.epochs < data.planned_epochs;
  const done = data.planned_epochs ? (early || data.state !== 'finished' ? data.epochs + ' of ' + data.planned_epochs + ' epochs' :
    plural(data.epochs, 'epoch')) : null;
  const status = [data.state === 'planned' || data.runs ? null : el('span', {class: 'state ' + data.state}, early ? 'Stopped early' : states[data.state]), done,
    data.steps ? plural(data.steps, 'step') : null, data.seconds ? duration(data.seconds) : null,
    data.written ? 'written ' + new Date(1000 * data.written).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'medium'}) : null];
  const parts = [el('h1', {}, named(data.title)), el('p', {class: 'status', role: 'status'},
    ...status.filter(s => s).map(s => typeof s === 'string' ? el('span', {}, s) : s))];
  if (data.failure)
    parts.push(el('ul', {class: 'findings below'}, el('li', {class: 'card error'},
      el('span', {class: 'kind'}, 'The run ended with an error. '), named(data.failure))));
  const tiles = [];
  for (const m of h ? metrics(h) : []) {
    const line = m.lines.find(l => l.validation) || m.lines[0], last = line.values.length - 1;
    if (last < 0) continue;
    const best = bestOf(line.values, falls(m.name));
    tiles.push(el('div', {class: 'tile'}, el('span', {}, named(m.name), m.lines.length > 1 ? ', ' + line.name : ''),
      el('b', {}, fmt(line.values[last])),
      el('small', {}, best === last ? (data.state === 'training' ? 'the best so far' : 'the best epoch') : best < 0 ? '' : 'best ' + fmt(line.values[best]) + ' at epoch ' + h.epoch[best])));
  }
  if (tiles.length) parts.push(el('div', {class: 'tiles'}, ...tiles.slice(0, 8)));
  return parts;
}

function findings() {
  if (!data.findings) return;
  const item = f => el('li', {class: 'card ' + f.severity},
    el('p', {}, el('span', {class: 'kind'}, {error: 'Error: ', warning: 'Warning: ', note: 'Note: '}[f.severity], named(f.rule)),
      f.place ? el('span', {}, ' in ', named(f.place)) : null,
      known(f.step) ? el('span', {class: 'soft'}, ', step ' + f.step) : null),
    el('p', {}, named(f.what)), f.cure ? el('p', {class: 'soft'}, 'Next: ', named(f.cure)) : null);
  section('Findings', data.findings.length ? el('ul', {class: 'findings'}, ...data.findings.map(item))
                                           : el('p', {class: 'card'}, 'The rules found no fault.'));
}

function curves() {
  const h = data.history;
  if (!h || !h.epoch.length) return;
  const x = {label: 'epoch', values: h.epoch};
  const sentence = m => m.lines.map(l => l.name + ' ' + fmt(l.values.at(-1))).join(', ') + ' at epoch ' + h.epoch.at(-1) + '.';
  const charts = metrics(h).map(m => lineChart(m.name, sentence(m), x,
    m.lines.map(l => ({...l, color: l.validation ? 'c1' : 'c0', dash: l.validation ? 1 : 0})), {log: falls(m.name) ? undefined : false}));
  charts.push(lineChart('learning rate', 'Of the last step of each epoch.', x, [{name: 'rate', values: h.learning_rate, color: 'c3'}]));
  charts.push(lineChart('seconds', 'Time of each epoch, with its validation.', x, [{name: 'seconds', values: h.seconds, color: 'c5'}], {log: false}));
  section('Curves', h.epochs > h.epoch.length ? el('p', {class: 'soft lead'}, 'The page has ' + h.epoch.length + ' of ' + fmt(h.epochs) +
    ' epochs, with the lowest and the highest loss of each part.') : null, grid(charts));
}

function layers() {
  const l = data.looks;
  if (!l) return;
  const x = {label: 'step', values: l.step};
  const over = (title, note, list, key, more) => {
    const all = list.map(o => ({name: [o.path, o.type].filter(t => t).join(' ') || 'output', values: o[key]}));
    const few = evenly(all, 8);
    return lineChart(title, few.length < all.length ? note + ' ' + few.length + ' of ' + all.length + ' layers; the table has all.' : note,
                     x, few, {...more, all});
  };
  const some = key => l.outputs.filter(o => o[key].some(v => v > 0));
  section('Layers', grid(
    over('update / weight', 'Size of a step relative to the weights. The band is healthy for the first steps.', l.weights,
         'update_ratio', {log: true, band: l.band}),
    over('gradient', 'Root mean square of the gradient of each weight matrix.', l.weights, 'gradient', {log: true}),
    over('output', 'Root mean square of the output of each layer.', l.outputs, 'rms', {}),
    over('dead units', 'Share of units with the same output for all samples. Healthy below ' + l.dead_limit + '.', some('constant'), 'constant',
         {range: [0, 1], band: [0, l.dead_limit], log: false}),
    over('saturated outputs', 'Share of the outputs where the activation is flat. Healthy below ' + l.saturated_limit + '.', some('saturated'),
         'saturated', {range: [0, 1], band: [0, l.saturated_limit], log: false})));
}
)js";

}  // namespace descent::inline DESCENT_ABI::detail
