/* Plain ES5, run before anything else: shows the notice where the console would come up broken (build.mjs, CURRENT), and
   else asks its first question. */
(function () {
  var root = document.documentElement;
  var script = document.currentScript;
  var able =
    !!window.CSS &&
    !!CSS.supports &&
    CSS.supports('color', 'light-dark(oklch(0 0 0), oklch(1 0 0))') &&
    'HTMLDialogElement' in window &&
    'structuredClone' in window &&
    !!Array.prototype.toSorted;
  if (able) return ask();
  root.setAttribute('data-old', ''); // console/main.tsx stays out of the way
  var notice = document.getElementById('old');
  notice.removeAttribute('hidden');
  document.title = 'Monodesk';
  if (!script) return; // too old even for that: the words stand there without a style
  var link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = script.getAttribute('data-style');
  document.head.appendChild(link);

  /* Who is signed in, while the bundle is on its way (console/state/session.ts); where a page asks later, not here. */
  function ask() {
    if (/^#demo=/.test(location.hash) || /\/setup$/.test(location.pathname)) return;
    window.monodeskSession = fetch(script.src.replace(/assets\/[^/]*$/, 'api/v1/session')).then(function (answer) {
      return answer.ok ? answer.json() : null;
    });
    window.monodeskSession.then(null, function () {}); /* asked again, and told, by the console */
  }
})();
