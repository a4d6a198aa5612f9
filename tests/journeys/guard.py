"""Sees in every window whether a text took effect: code that ran, a broken policy, an element that was made."""

from playwright.async_api import BrowserContext, Dialog, Page

# Runs in each window before anything of the page. What a payload would make carries `data-xss`; beside it stands what
# no page of ours ever holds. Shadow roots are watched too.
_EYE = """(() => {
  const tell = (what) => void window.__tell(`${what} in ${location.pathname}`);
  window.__xss = (number) => tell(`payload ${number} ran`);
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
    tell(`policy: ${effectiveDirective} ${blockedURI} ${sample}`));
  const NEVER = new Set(['object', 'embed', 'base', 'math', 'foreignobject', 'animate', 'set', 'animatetransform',
    'marquee', 'frame', 'frameset', 'image', 'xmp', 'plaintext', 'x', 'audio', 'video', 'area']);
  const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'data', 'srcset', 'xlink:href', 'poster']);
  const harmful = (address) => /^(javascript|data|vbscript|file):/i.test(address.replace(/[\\x00-\\x20]/g, ''));
  const look = (element) => {
    const { localName, attributes } = element;
    if (NEVER.has(localName) || (localName === 'script' && !element.src)) tell(`element <${localName}>`);
    for (const { name, value } of attributes) {
      if (name === 'data-xss' || /^on/i.test(name)) tell(`attribute ${name} of <${localName}>`);
      if (localName !== 'link' && ADDRESSES.has(name) && harmful(value)) tell(`address ${value} of <${localName}>`);
    }
  };
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'attributes') look(target);
      for (const node of addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        look(node);
        node.querySelectorAll('*').forEach(look);
      }
    }
  });
  const watch = (root) => observer.observe(root, { subtree: true, childList: true, attributes: true });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    watch(root);
    return root;
  };
  watch(document);
})()"""


class Guard:
    """Gathers what took effect, over every window of every context that it is attached to."""

    def __init__(self) -> None:
        self.effects: list[str] = []

    async def attach(self, context: BrowserContext) -> None:
        """Watch every window that this context opens."""
        await context.expose_function("__tell", lambda effect: self.effects.append(effect))
        await context.add_init_script(_EYE)
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        async def dismiss(dialog: Dialog) -> None:
            self.effects.append(f"dialog: {dialog.message}")
            await dialog.dismiss()

        page.on("dialog", dismiss)
