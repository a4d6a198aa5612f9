/**
 * The screen's keyboard covers the lower part of a page without telling its layout (iOS). Where the page fills the window
 * and is not zoomed, its height follows what can be seen, so that the field stands above the keyboard.
 */
export function followKeyboard(view: VisualViewport | null, root: HTMLElement): void {
  if (view === null) return;
  const follow = (): void => {
    const covered = view.scale === 1 ? Math.round(innerHeight - view.height) : 0;
    if (covered > 0) root.style.setProperty('height', `${Math.round(view.height)}px`);
    else root.style.removeProperty('height');
    if (covered > 0) scrollTo(0, 0); // iOS pushes the page up as well
  };
  view.addEventListener('resize', follow);
  view.addEventListener('scroll', follow);
}
