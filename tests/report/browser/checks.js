// Runs after the page, and reports the result. `expected` is a history, `width` that of the window.
'use strict';
let checks = 0;
function check(truth, what) {
  ++checks;
  if (!truth) problems.push(what);
}
const close = (a, b, relative = 2e-5) => Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b), 1e-12);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const figure = title => all('figure').find(f => f.dataset.title === title);

// The color under an element, and the contrast of two colors, as WCAG 2 defines it.
const parsed = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
const over = (top, below) => [0, 1, 2].map(i => top[3] * top[i] + (1 - top[3]) * below[i]);
function background(element) {
  if (!element) return [255, 255, 255];
  const own = parsed(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own : over(own, background(element.parentElement));
}
function luminance(color) {
  const [r, g, b] = color.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(element) {
  const style = getComputedStyle(element), below = background(element.closest('svg') ? element.closest('svg').parentElement : element);
  const text = over(parsed(element.closest('svg') ? style.fill : style.color), below);
  const [high, low] = [luminance(text), luminance(below)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function checkNumbers() {
  const names = Object.keys(expected);
  const cells = title => all('tbody tr', figure(title)).map(row => all('th, td', row).map(cell => cell.textContent));
  const header = title => all('thead th', figure(title)).map(cell => cell.textContent);
  for (const name of names) {
    const metric = !data.runs && name.startsWith('val_') ? name.slice(4) : name;
    const column = data.runs ? 1 : name.startsWith('val_') ? header(metric).indexOf('validation') : header(metric).indexOf('training');
    check(column > 0, 'the table of ' + name + ' has its column');
    const rows = cells(metric);
    check(rows.length >= expected[name].length, name + ' has ' + expected[name].length + ' rows');
    expected[name].forEach((value, i) => {
      check(rows[i][0] === String(i + 1), 'row ' + i + ' of ' + name + ' is that of the epoch');
      check(close(Number(rows[i][column]), value), name + ' of epoch ' + (i + 1) + ' is ' + rows[i][column] + ', expected ' + value);
    });
  }
  // The line of the accuracy, from its pixels by the labels of the axis.
  const linear = names.find(name => /accuracy|r2/.test(name) && !name.startsWith('val_'));
  const labels = all('svg text[text-anchor=end]', figure(linear)).map(t => [Number(t.getAttribute('y')) - 4, Number(t.textContent)]);
  const [[y0, v0], [y1, v1]] = [labels[0], labels.at(-1)];
  const points = all('path.curve', figure(linear))[0].getAttribute('d').match(/[\d.]+ [\d.]+/g).map(p => Number(p.split(' ')[1]));
  check(points.length === expected[linear].length, 'the line has a point for each epoch');
  points.forEach((y, i) => {
    const value = v0 + (y - y0) / (y1 - y0) * (v1 - v0);
    check(Math.abs(value - expected[linear][i]) < 0.003 * Math.abs(v1 - v0) + 1e-3, 'the line at epoch ' + (i + 1) + ' is at ' + value);
  });
}

function checkLayout() {
  check(innerWidth === width, 'the window has a width of ' + innerWidth);
  check(document.documentElement.scrollWidth <= width, 'the page is ' + document.documentElement.scrollWidth + ' wide');
  for (const picture of all('.plot svg')) {
    const box = picture.getBoundingClientRect(), title = picture.closest('figure').dataset.title;
    const texts = all('text', picture).map(t => ({box: t.getBoundingClientRect(), text: t.textContent}));
    check(texts.length > 3, title + ' has labels');
    for (const t of texts)
      check(t.box.left >= box.left - 1 && t.box.right <= box.right + 1 && t.box.top >= box.top - 2 && t.box.bottom <= box.bottom + 2,
            '"' + t.text + '" in ' + title + ' is cut off');
    texts.forEach((t, i) => texts.slice(i + 1).forEach(o => check(
      t.box.right <= o.box.left + 1 || o.box.right <= t.box.left + 1 || t.box.bottom <= o.box.top + 4 || o.box.bottom <= t.box.top + 4,
      '"' + t.text + '" overlaps "' + o.text + '" in ' + title)));
  }
  for (const tile of all('.tile, li.card, figcaption')) check(tile.scrollWidth <= tile.clientWidth + 1, '"' + tile.textContent + '" is cut off');
}

function checkContrast() {
  all('details').forEach(d => { d.open = true; });
  const walk = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || seen.has(element) || element.closest('[hidden]')) continue;
    seen.add(element);
    const ratio = contrast(element);
    check(ratio >= 4.5, 'the contrast of "' + node.data.slice(0, 40) + '" is ' + ratio.toFixed(2));
  }
  check(seen.size > 60, 'the page has text');
  all('details').forEach(d => { d.open = false; });
}

function checkKeyboard() {
  const press = (element, key) => element.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  const plots = all('.plot[tabindex]');
  check(plots.length > 2, 'there are charts');
  for (const plot of plots) {
    const tip = plot.querySelector('.tip'), title = plot.closest('figure').dataset.title;
    check(document.getElementById(plot.getAttribute('aria-labelledby')).textContent === title, title + ' has a name');
    check(plot.getAttribute('role') === 'slider', title + ' has a role');
    check(tip.hidden, 'the tooltip of ' + title + ' is hidden');
    plot.focus();
    check(!tip.hidden, 'the tooltip of ' + title + ' shows on focus');
    check(plot.getAttribute('aria-valuenow') === (title === 'settings' ? '1' : plot.getAttribute('aria-valuemax')), title + ' begins at its end');
    press(plot, 'Home');
    const first = plot.getAttribute('aria-valuetext');
    check(plot.getAttribute('aria-valuenow') === '1' && first.length > 5, title + ' goes to its first point');
    press(plot, 'ArrowRight');
    check(plot.getAttribute('aria-valuenow') === '2', title + ' goes to the next point');
    check(plot.getAttribute('aria-valuetext') !== first, title + ' says another value');
    check(tip.textContent.length > 5, 'the tooltip of ' + title + ' has text');
    const box = tip.getBoundingClientRect();
    check(box.left >= 0 && box.right <= width, 'the tooltip of ' + title + ' is within the page');
    check(all('.mark, path', plot.querySelector('svg > g:last-child')).length > 0, title + ' marks the point');
    for (const part of all('b, div, span', tip)) check(contrast(part) >= 4.5, 'the contrast of the tooltip of ' + title);
    press(plot, 'End');
    check(plot.getAttribute('aria-valuenow') === plot.getAttribute('aria-valuemax'), title + ' goes to its last point');
    press(plot, 'Escape');
    check(tip.hidden, 'Escape hides the tooltip of ' + title);
    plot.blur();
  }
  if (!data.runs) {  // the tooltip has the numbers of the history
    const plot = figure('loss').querySelector('.plot');
    plot.focus();
    press(plot, 'Home');
    const said = plot.getAttribute('aria-valuetext').replace(/[\u2068\u2069]/g, '');
    const [, value] = /training ([\d.e-]+)/.exec(said);
    check(close(Number(value), expected.loss[0], 1e-3), 'the tooltip says ' + said);
    plot.blur();
  }
  for (const summary of all('summary')) {
    check(summary.tabIndex >= 0, 'a summary is reachable');
    summary.focus();
    check(document.activeElement === summary, 'a summary takes the focus');
    summary.click();
    const region = summary.parentElement.querySelector('[role=region]');
    check(region.getBoundingClientRect().height > 20 && region.tabIndex === 0, 'a table opens, and can be scrolled by keyboard');
    summary.click();
  }
  for (const table of all('table')) check(all('th', table).length > 0 && (table.caption || table.closest('[aria-label]')), 'a table has headers and a name');
  for (const link of all('nav a')) check(document.getElementById(link.hash.slice(1)) !== null, 'the link ' + link.textContent + ' leads somewhere');
  for (const picture of all('canvas')) check(picture.getAttribute('role') === 'img' && picture.getAttribute('aria-label').length > 5, 'an image has a text');
  check(all('h1').length === 1 && document.documentElement.lang === 'en' && document.title.length > 0, 'the page has a heading, a language and a title');
  check(all('main button').length === 0, 'the page of a run that is over does not load itself again');
}

function checkTexts() {
  check(all('b, i, script', document.getElementById('page')).every(e => !['one', 'co', 'Adam'].includes(e.textContent)), 'text is not markup');
  check(document.scripts.length === 4, 'the page has ' + document.scripts.length + ' scripts');
  if (!data.results || !data.results[0].classes.length) return;
  const names = all('.confusion tbody th').map(cell => cell.textContent);
  check(names.slice(0, names.length).join() === data.results[0].classes.join(), 'the names of the classes are shown as they are');
}

setTimeout(() => {
  for (const step of [checkNumbers, checkLayout, checkContrast, checkKeyboard, checkTexts]) {
    try { step(); } catch (error) { problems.push(step.name + ': ' + error.stack); }
  }
  check(performance.getEntriesByType('resource').length === 0, 'nothing was asked for');
  check(matchMedia('(prefers-color-scheme: dark)').matches === dark, 'the scheme is the one that was asked for');
  const text = problems.length ? 'PROBLEMS\n' + problems.slice(0, 20).join('\n') : 'PASSED ' + checks + ' checks';
  parent.postMessage(text, '*');  // of the frame, or to the page itself
}, 100);
