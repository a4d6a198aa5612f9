// What can be measured of a screen as it stands: each finding is [what, where, figures]. Run by page.evaluate in the
// page and in its frames. `touch`: targets of 44 px; `contrast`, `motion`: whether these are looked at too.
({ touch, contrast, motion }) => {
  const TARGET_PX = 44;
  const SLACK_PX = 1;
  const INTERACTIVE =
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"], [role=button], [role=option],' +
    '[role=tab], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [role=radio], [role=switch]';
  const OVER = 'dialog, aside, [popover], [role=dialog], [role=menu], [role=listbox], [role=tooltip], .toast-place, monodesk-widget';
  const findings = [];
  const width = document.documentElement.clientWidth;
  const height = window.innerHeight;
  const style = new Map();
  const look = (element) => {
    if (!style.has(element)) style.set(element, getComputedStyle(element));
    return style.get(element);
  };

  const name = (element) => {
    const id = element.id ? `#${element.id}` : '';
    const classes = typeof element.className === 'string' && element.className ? `.${element.className.trim().split(/\s+/).join('.')}` : '';
    const words = (element.getAttribute('aria-label') || element.textContent || '').trim().slice(0, 40);
    const parent = element.parentElement;
    const above = parent && typeof parent.className === 'string' && parent.className ? `.${parent.className.trim().split(/\s+/)[0]} ` : '';
    return `${above}${element.localName}${id}${classes} “${words}”`;
  };
  const find = (what, element, figures = '') => findings.push([what, name(element), String(figures)]);

  const ancestors = function* (element) {
    for (let one = element; one; one = one.parentElement ?? (one.getRootNode() instanceof ShadowRoot ? one.getRootNode().host : null)) yield one;
  };
  /** What a person cannot see although it stands there: read by screen readers only, or not drawn. */
  const hidden = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return true;
    for (const one of ancestors(element)) {
      const { clip, clipPath, position, overflow } = look(one);
      const box = one.getBoundingClientRect();
      if ((clipPath === 'inset(50%)' || clip.startsWith('rect(0')) && position === 'absolute') return true;
      if (box.width <= SLACK_PX && box.height <= SLACK_PX && overflow !== 'visible') return true;
    }
    return false;
  };
  /** The part of the window in which the element can be seen: what its ancestors let through. */
  const opening = (element) => {
    let [left, top, right, bottom] = [0, 0, width, height];
    let fixed = look(element).position === 'fixed';
    for (const one of ancestors(element.parentElement)) {
      if (fixed) break;
      const { overflowX, overflowY, position } = look(one);
      const box = one.getBoundingClientRect();
      if (overflowX !== 'visible' && one !== document.documentElement && one !== document.body) [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      if (overflowY !== 'visible' && one !== document.documentElement && one !== document.body) [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
      fixed = position === 'fixed';
    }
    return { left, top, right, bottom };
  };
  const all = (selector) => [...document.querySelectorAll(selector), ...[...document.querySelectorAll('monodesk-widget')].flatMap(({ shadowRoot }) => (shadowRoot ? [...shadowRoot.querySelectorAll(selector)] : []))];
  const at = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const belongs = (hit, element) => {
    for (const one of ancestors(hit)) if (one === element || (element.labels && [...element.labels].includes(one))) return true;
    return hit instanceof Node && element.contains(hit);
  };
  const modal = [...document.querySelectorAll('dialog[open], [aria-modal=true]')].filter((one) => one.checkVisibility()).pop();
  const within = (element) => !modal || modal.contains(element);

  overflow();
  const controls = all(INTERACTIVE).filter((element) => within(element) && !hidden(element));
  controls.forEach(cut);
  controls.forEach(covered);
  if (touch) controls.forEach(target);
  texts();
  if (motion) still();
  return findings;

  function overflow() {
    const root = document.scrollingElement;
    if (root.scrollWidth > width + SLACK_PX) find('overflow', document.body, `${root.scrollWidth} > ${width}`);
  }

  /** A control is whole, or can be scrolled to. */
  function cut(element) {
    const box = element.getBoundingClientRect();
    if (box.width < 4 || box.height < 4) return;
    let [across, down] = [true, true];
    for (const one of ancestors(element.parentElement)) {
      const { overflowX, overflowY, position } = look(one);
      const frame = one === document.documentElement ? { left: 0, right: width, top: -Infinity, bottom: Infinity } : one.getBoundingClientRect();
      if (['auto', 'scroll'].includes(overflowX)) across = false;
      if (['auto', 'scroll'].includes(overflowY)) down = false;
      const sides = overflowX !== 'visible' || one === document.documentElement;
      if (across && sides && (box.right > frame.right + SLACK_PX || box.left < frame.left - SLACK_PX)) return find('cut off', element, `${Math.round(box.left)}–${Math.round(box.right)} of ${Math.round(frame.left)}–${Math.round(frame.right)}`);
      if (down && overflowY !== 'visible' && (box.bottom > frame.bottom + SLACK_PX || box.top < frame.top - SLACK_PX)) return find('cut off', element, `${Math.round(box.top)}–${Math.round(box.bottom)} of ${Math.round(frame.top)}–${Math.round(frame.bottom)}`);
      if (position === 'fixed') return;
    }
  }

  /** Whoever aims at a control hits it, not another one. */
  function covered(element) {
    const box = inside(element);
    const seen = opening(element);
    const [left, top, right, bottom] = [Math.max(box.left, seen.left), Math.max(box.top, seen.top), Math.min(box.right, seen.right), Math.min(box.bottom, seen.bottom)];
    if (right - left < 4 || bottom - top < 4) return;
    const inset = 2 + Math.min(parseFloat(look(element).borderTopLeftRadius) || 0, (right - left) / 2, (bottom - top) / 2) * 0.3; // a rounded corner is not its own
    const points = [[(left + right) / 2, (top + bottom) / 2], [left + inset, top + inset], [right - inset, top + inset], [left + inset, bottom - inset], [right - inset, bottom - inset]];
    for (const [x, y] of points) {
      const hit = at(x, y);
      const other = hit?.closest(INTERACTIVE);
      if (!other || belongs(hit, element) || element.closest('label')?.contains(other) || other.closest('label')?.contains(element)) continue;
      if (other.contains(element) || element.contains(other)) continue;
      if (other.matches('[role=separator]')) continue; // it reaches over both edges that it moves, by a few pixels
      if ([...ancestors(other)].some((one) => look(one).position === 'sticky' || (one.matches(OVER) && !one.contains(element)))) continue;
      return find('overlap', element, `by ${name(other)}`);
    }
  }

  /** Of a field where its words stand: a button may have its place in the padding. */
  function inside(element) {
    const box = element.getBoundingClientRect();
    if (!element.matches('input, textarea')) return box;
    const { paddingLeft, paddingRight } = look(element);
    return { left: box.left + parseFloat(paddingLeft), right: box.right - parseFloat(paddingRight), top: box.top, bottom: box.bottom };
  }

  function target(element) {
    if (element.disabled || element.getAttribute('aria-disabled') === 'true') return;
    if (element.matches('a') && look(element).display === 'inline' && element.parentElement.textContent.trim() !== element.textContent.trim()) return;
    const label = element.closest('label') ?? element.labels?.[0];
    const box = (element.matches('input[type=radio], input[type=checkbox]') && label ? label : element).getBoundingClientRect();
    const seen = opening(element);
    const reach = (span, near, far, from, to, hits) => {
      if (span >= TARGET_PX - SLACK_PX) return true;
      const middle = (near + far) / 2;
      return [middle - TARGET_PX / 2 + 1, middle + TARGET_PX / 2 - 1].every((place) => place > from && place < to && hits(place));
    };
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    if (x < seen.left || x > seen.right || y < seen.top || y > seen.bottom) return;
    const wide = reach(box.width, box.left, box.right, seen.left, seen.right, (place) => belongs(at(place, y), element));
    const high = reach(box.height, box.top, box.bottom, seen.top, seen.bottom, (place) => belongs(at(x, place), element));
    if (!wide || !high) find('small target', element, `${Math.round(box.width)} × ${Math.round(box.height)}`);
  }

  function texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      const element = text.parentElement;
      if (!text.data.trim() || !element || element.closest('script, style, noscript, svg') || hidden(element)) continue;
      clipped(text, element);
      if (contrast && within(element)) legible(element, look(element).color, text.data);
    }
    if (!contrast) return;
    for (const field of document.querySelectorAll('input[placeholder], textarea[placeholder]')) {
      if (field.value === '' && !hidden(field) && within(field)) legible(field, getComputedStyle(field, '::placeholder').color, field.placeholder);
    }
  }

  /** Words are whole, or end in an ellipsis, or can be scrolled to. */
  function clipped(text, element) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter(({ width: wide, height: high }) => wide > 1 && high > 1);
    if (boxes.length === 0) return;
    for (const one of ancestors(element)) {
      const { overflowX, overflowY, textOverflow, webkitLineClamp } = look(one);
      if (textOverflow === 'ellipsis' || (webkitLineClamp && webkitLineClamp !== 'none')) return;
      if (['auto', 'scroll'].includes(overflowX) || ['auto', 'scroll'].includes(overflowY) || one === document.body) return;
      const frame = one.getBoundingClientRect();
      const out = boxes.find(({ left, right, top, bottom }) =>
        (['hidden', 'clip'].includes(overflowX) && (right > frame.right + 2 || left < frame.left - 2)) ||
        (['hidden', 'clip'].includes(overflowY) && (bottom - 4 > frame.bottom || top + 4 < frame.top)));
      if (out) return find('clipped', element, text.data.trim().slice(0, 60));
    }
  }

  function legible(element, colour, words) {
    if (element.closest(':disabled, [aria-disabled=true], option')) return;
    const label = element.closest('label');
    if (label?.control?.disabled) return;
    let ground = [0, 0, 0, 0];
    let ink = rgba(colour);
    for (const one of ancestors(element)) {
      const { backgroundColor, backgroundImage, opacity } = look(one);
      if (backgroundImage !== 'none') return;
      const own = rgba(backgroundColor);
      ground = over(ground, own);
      ink = over(ink, own);
      ground[3] *= Number(opacity);
      ink[3] *= Number(opacity);
    }
    const paper = rgba(dark() ? '#121212' : '#fff');
    const ratio = ratioOf(over(ink, paper), over(ground, paper));
    const { fontSize, fontWeight } = look(element);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 600);
    if (ratio < (large ? 3 : 4.5) - 0.02) find('contrast', element, `${ratio.toFixed(2)} “${words.trim().slice(0, 30)}”`);
  }

  function rgba(colour) {
    rgba.known ??= new Map();
    if (!rgba.known.has(colour)) {
      rgba.brush ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      rgba.brush.clearRect(0, 0, 1, 1);
      rgba.brush.fillStyle = colour;
      rgba.brush.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = rgba.brush.getImageData(0, 0, 1, 1).data;
      rgba.known.set(colour, [red, green, blue, alpha / 255]);
    }
    return rgba.known.get(colour);
  }

  function dark() {
    return look(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches;
  }

  /** One colour laid on another (Porter and Duff, 1984). */
  function over([red, green, blue, alpha], below) {
    const whole = alpha + below[3] * (1 - alpha);
    if (whole === 0) return [0, 0, 0, 0];
    return [red, green, blue].map((one, index) => (one * alpha + below[index] * below[3] * (1 - alpha)) / whole).concat(whole);
  }

  /** WCAG 2.2, contrast ratio. */
  function ratioOf(one, other) {
    const light = ([red, green, blue]) =>
      [red, green, blue].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  }

  /** Under reduced motion nothing takes time. */
  function still() {
    for (const element of all('*')) {
      for (const part of [null, '::before', '::after']) {
        const { transitionDuration, animationDuration, animationName, content } = part === null ? look(element) : getComputedStyle(element, part);
        if (part !== null && content === 'none') continue;
        const times = [...transitionDuration.split(','), ...(animationName === 'none' ? [] : animationDuration.split(','))];
        if (times.some((time) => parseFloat(time) > 0.001)) find('motion', element, `${part ?? ''} ${transitionDuration} ${animationName} ${animationDuration}`);
      }
    }
  }
}
