import type { ComponentChildren } from 'preact';
import './Tabs.css';

export interface Tab<Key extends string> {
  key: Key;
  label: ComponentChildren;
  /** Read aloud with the label. */
  title?: string;
}

interface TabsProps<Key extends string> {
  label: string;
  tabs: readonly Tab<Key>[];
  chosen: Key;
  onChoose: (key: Key) => void;
}

/** Tabs on a line; arrows move between them. */
export function Tabs<Key extends string>(props: TabsProps<Key>) {
  return (
    <div class="tabs" role="tablist" aria-label={props.label}>
      <TabButtons {...props} />
    </div>
  );
}

/** A segment: a few short choices side by side. */
export function Segment<Key extends string>(props: TabsProps<Key>) {
  return (
    <div class="seg" role="tablist" aria-label={props.label}>
      <TabButtons {...props} />
    </div>
  );
}

function TabButtons<Key extends string>({ tabs, chosen, onChoose }: TabsProps<Key>) {
  const move = (event: KeyboardEvent & { currentTarget: HTMLElement }, index: number): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!step || !next) return;
    event.preventDefault();
    const buttons = event.currentTarget.parentElement?.children;
    onChoose(next.key);
    (buttons?.[(index + step + tabs.length) % tabs.length] as HTMLElement | undefined)?.focus();
  };
  const among = tabs.some(({ key }) => key === chosen); // else the keyboard comes in by the first
  return (
    <>
      {tabs.map((tab, index) => (
        <button
          key={tab.key}
          type="button"
          role="tab"
          aria-selected={tab.key === chosen}
          tabIndex={tab.key === chosen || (index === 0 && !among) ? 0 : -1}
          title={tab.title}
          onClick={() => onChoose(tab.key)}
          onKeyDown={(event) => move(event, index)}
        >
          {tab.label}
        </button>
      ))}
    </>
  );
}
