#pragma once

#include <string_view>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The last part of the script of a page: searches, the model, the comparison of runs, and the page as a whole. A page
/// that is rewritten is loaded again with the same scroll position, open tables and focus.
inline constexpr std::string_view script_page = R"js(
// The axis of a hyper-parameter or a metric: its name, the place of a value from 0 to 1, and its ticks. Trials without the
// hyper-parameter are below.
function searchAxis(name, values, range, choice) {
  const axis = presentAxis(name, values, range, choice), none = -0.09;
  if (!values.includes('')) return axis;
  return {name, place: v => v === '' ? none : axis.place(v), ticks: [...axis.ticks, [none, 'none']]};
}
function presentAxis(name, values, range, choice) {
  if (choice) {
    const options = [...new Set(values.filter(v => v !== ''))].sort(), last = Math.max(1, options.length - 1);
    return {name, place: v => options.indexOf(v) / last, ticks: options.map((o, i) => [i / last, o])};
  }
  const found = /^(\S+) to ([^,\s]+)(, log|, 1 - log)?$/.exec(range || '');
  const kind = found && found[3], mirrored = kind === ', 1 - log';
  let ends = found ? [Number(found[1]), Number(found[2])] : extent([values.filter(v => v !== '').map(Number)]);
  if (ends[0] === ends[1]) ends = [ends[0] - 0.5, ends[1] + 0.5];
  const axis = {log: Boolean(kind), range: mirrored ? [1 - ends[0], 1 - ends[1]] : ends}, place = scale(axis, 0, 1);
  const at = v => place(mirrored ? 1 - v : Number(v));
  const inner = axis.log ? logTicks(axis.range.slice().sort((a, b) => a - b), 4) : ticks(axis.range, 4);
  return {name, place: at, ticks: inner.map(t => [place(t), fmt(mirrored ? Number((1 - t).toPrecision(6)) : t, 3)])};
}
function drawParallel(c, full) {
  const width = Math.max(full, 92 * c.axes.length), height = 320, top = 44, bottom = height - 40;
  const x = k => 48 + k * (width - 104) / Math.max(1, c.axes.length - 1), y = u => bottom - u * (bottom - top);
  const picture = svg('svg', {viewBox: '0 0 ' + width + ' ' + height, 'aria-hidden': 'true', focusable: 'false',
                              style: 'width:' + width + 'px;max-width:none'});
  const path = row => {
    let d = '', pen = 'M';
    c.axes.forEach((axis, k) => {
      const u = axis.place(row.all[k]);
      if (!Number.isFinite(u)) return void (pen = 'M');
      d += pen + x(k).toFixed(1) + ' ' + y(u).toFixed(1), pen = 'L';
    });
    return d;
  };
  c.trials.slice().reverse().forEach(row => picture.append(svg('path', {class: 'curve', d: path(row),
    style: 'stroke:var(--c0);opacity:' + (0.75 - 0.6 * row.rank / Math.max(1, c.trials.length - 1)).toFixed(2)})));
  c.axes.forEach((axis, k) => {
    picture.append(svg('path', {class: 'axis', d: 'M' + x(k) + ' ' + top + 'V' + bottom}),
      svg('text', {x: x(k), y: k % 2 && width < 700 ? 30 : 14, 'text-anchor': 'middle', class: 'label', style: 'fill:var(--text)'}, shortened(axis.name, 15)));
    for (const [u, label] of axis.ticks) picture.append(svg('text', {x: x(k) + 6, y: y(u) + 4,
      style: 'paint-order:stroke;stroke:var(--card);stroke-width:4px'}, shortened(label, 10)));
  });
  const cursor = svg('g', {});
  picture.append(cursor);
  return {picture, cursor, top, bottom, x: () => full / 2, y: v => v,
    mark: i => svg('path', {class: 'curve', d: path(c.trials[i]), style: 'stroke:var(--c1);stroke-width:3'}),
    nearest: (px, py) => {
      const at = px + picture.parentNode.scrollLeft, near = c.axes.map((_, k) => k).sort((a, b) => Math.abs(x(a) - at) - Math.abs(x(b) - at))[0];
      let best = 0, least = Infinity;
      c.trials.forEach((row, i) => {
        const u = c.axes[near].place(row.all[near]), d = Math.abs(y(u) - py);
        if (d < least) least = d, best = i;
      });
      return best;
    }};
}
function search() {
  const s = data.search;
  if (!s) return;
  const good = s.rows.filter(r => !r.failure && known(r.value)).map((r, rank) => ({...r, rank, all: [...r.settings, r.value]}));
  const names = s.parameters.map(p => p.name), failed = s.rows.filter(r => r.failure);
  const axes = [...s.parameters.map((p, k) => searchAxis(p.name, good.map(r => r.settings[k]), p.range, p.choice)),
                searchAxis(s.monitor, good.map(r => r.value))];
  const items = r => [...names.map((name, k) => ({name, value: r.settings[k] || '\u2013'})),
                      {name: s.monitor, value: fmt(r.value)}, {name: 'epochs', value: fmt(r.epochs)}];
  const cells = r => [r.trial, r.epochs, known(r.value) ? r.value : null, ...r.settings.map(v => v === '' ? null : Number.isNaN(Number(v)) ? v : Number(v))];
  section('Search', el('p', {class: 'soft lead'}, plural(s.trials, 'trial') + (failed.length ? ', ' + failed.length + ' failed' : '') +
      (s.rows.length < s.trials ? '; the best ' + s.rows.length + ' are shown' : '') + '. The ' + (s.largest_is_best ? 'largest ' : 'smallest '),
      named(s.monitor), ' is the best.'),
    grid(good.length ? chart({title: 'settings', note: 'A line for each trial, the better the stronger.', wide: true, first: 0,
           draw: drawParallel, axes, trials: good, stops: good.map(r => ({x: 0, title: 'trial ' + r.trial, items: items(r)}))}) : null,
      el('div', {class: 'card wide'}, table('trials, the best first', ['trial', 'epochs', s.monitor, ...names, ...(failed.length ? ['failure'] : [])],
        s.rows.map(r => [...cells(r), ...(failed.length ? [r.failure || ''] : [])])))));
}

const bytes = n => { let k = 0; for (; n >= 1024 && k < 4; ++k) n /= 1024; return fmt(n, 3) + ' ' + ['B', 'KB', 'MB', 'GB', 'TB'][k]; };
function model() {
  const m = data.summary;
  if (!m) return;
  const size = o => o[1] * o[2] === 1 ? String(o[0]) : o.join(' \u00d7 '), whole = n => n.toLocaleString('en');
  const row = (l, name) => el('tr', {}, el('th', {scope: 'row', class: 'left', style: 'padding-left:' + (name ? 0 : l.path.split('.').length - 1) + 'em'},
      named(name || l.path)), el('td', {class: 'left'}, named(l.type)),
    ...[l.output[0] ? size(l.output) : '', whole(l.parameters), whole(l.state), whole(l.flops)].map(t => el('td', {}, t)));
  section('Model', el('div', {class: 'card'}, el('div', {class: 'scroll full', tabindex: 0, role: 'region', 'aria-label': 'layers of the model'}, el('table', {},
      el('caption', {}, bytes(m.parameter_bytes) + ' of parameters and state, ' + bytes(m.output_bytes) + ' of outputs for a sample'),
      el('thead', {}, el('tr', {}, ...['layer', 'type', 'output', 'parameters', 'state', 'operations'].map((t, i) => el('th', {scope: 'col', class: i < 2 ? 'left' : null}, t)))),
      el('tbody', {}, ...m.layers.map(l => row(l)), row(m.total, 'total'))))));
}
function run() {
  const date = data.started ? [['started', new Date(1000 * data.started).toLocaleString(undefined, {dateStyle: 'long', timeStyle: 'medium'})]] : [];
  section('Run', grid(data.options.length ? texts('Options', data.options) : null, texts('Environment', [...data.environment, ...date])),
    data.command.length ? el('div', {class: 'card below'}, el('p', {class: 'soft'}, 'Command'),
      el('code', {}, named(data.command.map(a => /^[\w./=:,+-]+$/.test(a) ? a : "'" + a.replaceAll("'", "'\\''") + "'").join(' ')))) : null);
}

// Several runs: a chart for each metric, with a line for each run.
function comparison() {
  const names = [...new Set(data.runs.flatMap(r => r.history.series.map(s => s.name)))];
  const at = (r, values) => { const of = new Map(r.history.epoch.map((e, i) => [e, values[i]])); return epoch.map(e => of.has(e) ? of.get(e) : null); };
  const epoch = [...new Set(data.runs.flatMap(r => r.history.epoch))].sort((a, b) => a - b);
  const overlay = (name, of) => lineChart(name, null, {label: 'epoch', values: epoch},
    data.runs.map(r => ({name: r.name, values: at(r, of(r) || r.history.epoch.map(() => null))})), {log: falls(name) || name === 'learning rate' ? undefined : false});
  const series = (r, name) => { const s = r.history.series.find(o => o.name === name); return s && s.values; };
  section('Results', el('div', {class: 'card'}, table('The last value of each metric, and the best in brackets.',
    ['run', 'epochs', 'seconds', ...names], data.runs.map(r => [r.name, r.history.epochs, Number(r.seconds.toPrecision(4)), ...names.map(name => {
      const values = series(r, name);
      return values && values.length ? fmt(values.at(-1)) + ' (' + fmt(values[bestOf(values, falls(name))]) + ')' : null; })]), 'full')));
  section('Curves', grid(names.map(name => overlay(name, r => series(r, name))), overlay('learning rate', r => r.history.learning_rate)));
}

document.title = data.title;
const page = document.getElementById('page');
const parts = header();
if (data.runs) comparison();
else for (const add of [findings, curves, results, layers, search, model, run]) add();
page.append(el('header', {}, ...parts, sections.length > 1 ? el('nav', {'aria-label': 'sections'},
  ...sections.map(s => el('a', {href: '#' + s.id}, named(s.title)))) : null), ...sections.map(s => s.element));
for (const draw of drawings) draw();

// While training: load again what was rewritten.
const refresh = Number(document.body.dataset.refresh), key = 'descent ' + location.pathname;
const reachable = () => [...document.querySelectorAll('a, button, summary, [tabindex="0"]')];
function remember() {
  try {
    sessionStorage.setItem(key, JSON.stringify({scroll: scrollY, focus: reachable().indexOf(document.activeElement),
      open: [...document.querySelectorAll('details')].map(d => d.open)}));
  } catch {}
}
if (refresh >= 0) {
  let paused = false;
  const button = el('button', {type: 'button', 'aria-pressed': 'false'}, 'Pause updates');
  page.querySelector('.status').append(button);
  button.addEventListener('click', () => {
    paused = !paused;
    button.setAttribute('aria-pressed', String(paused));
  });
  setInterval(() => { if (!paused) remember(), location.reload(); }, Math.max(1, refresh) * 1000);
}
try {
  const before = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  if (before) {
    document.querySelectorAll('details').forEach((d, i) => { d.open = Boolean(before.open[i]); });
    if (before.focus >= 0 && reachable()[before.focus]) reachable()[before.focus].focus({preventScroll: true});
    scrollTo(0, before.scroll);
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, before.scroll)));
  }
} catch {}
)js";

}  // namespace descent::inline DESCENT_ABI::detail
