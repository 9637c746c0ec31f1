// Runs after a page that loads itself again: notes each load, and on the third writes the result to the frame's parent.
'use strict';
const loads = Number(sessionStorage.getItem('loads') || 0) + 1;
sessionStorage.setItem('loads', loads);
const table = document.querySelector('details'), plot = document.querySelector('.plot');
if (loads === 1) {
  table.open = true;
  plot.focus({preventScroll: true});
  scrollTo(0, 300);
} else {
  setTimeout(() => {
    const button = document.querySelector('main button');
    const kept = {open: table.open, focus: document.activeElement === plot, scroll: scrollY === 300,
                  button: button.textContent === 'Pause updates', training: document.querySelector('.state').textContent === 'Training'};
    for (const [name, is] of Object.entries(kept)) if (!is) problems.push(name + ' was not kept');
    if (loads === 3) {
      button.click();
      if (button.getAttribute('aria-pressed') !== 'true') problems.push('the button does not say that it is pressed');
      setTimeout(() => {  // still the third load
        parent.postMessage(problems.length ? 'PROBLEMS\n' + problems.join('\n') : 'PASSED ' + Object.keys(kept).length + ' checks', '*');
      }, 3000);
    }
  }, 200);
}
