// Whoever goes by keyboard sees where he is: each control that can be reached looks otherwise when it has the focus.
// Returns the names of those that do not.
() => {
  const REACHABLE = 'a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled, summary, [tabindex]';
  const PROPERTIES = ['outline', 'boxShadow', 'borderColor', 'backgroundColor', 'textDecoration', 'color', 'clipPath', 'transform', 'top'];
  const modal = [...document.querySelectorAll('dialog[open], [aria-modal=true]')].filter((one) => one.checkVisibility()).pop();
  const before = document.activeElement;
  const reachable = [...document.querySelectorAll(REACHABLE)].filter((element) => element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true }) && (!modal || modal.contains(element)));
  const unseen = [];
  for (const element of reachable.slice(0, 80)) {
    const places = [element, element.parentElement, element.parentElement?.parentElement, element.nextElementSibling, ...(element.labels ?? [])].filter(Boolean);
    const active = element.getAttribute('aria-activedescendant');
    if (active && document.getElementById(active)) places.push(document.getElementById(active));
    const looks = () => places.map((place) => [null, '::before', '::after'].map((part) => PROPERTIES.map((property) => getComputedStyle(place, part)[property]).join()).join()).join();
    document.activeElement?.blur();
    const calm = looks();
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement === element && looks() === calm) unseen.push(`${element.localName}.${element.className} “${(element.getAttribute('aria-label') || element.textContent || '').trim().slice(0, 40)}”`);
  }
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return unseen;
}
