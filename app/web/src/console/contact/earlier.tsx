/** An earlier conversation to read, fetched when the first is opened. */
import type { ComponentProps } from 'preact';

type Props = ComponentProps<typeof import('./EarlierDialog')['EarlierDialog']>;

export async function loadEarlier(props: Props) {
  const { EarlierDialog } = await import('./EarlierDialog');
  return () => <EarlierDialog {...props} />;
}
