import type { ComponentProps, ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

type Props = ComponentProps<typeof import('./RecordsOf')['RecordsOf']>;

/** What joined systems hold of a contact; its script is fetched when the first contact is shown. */
export function LaterRecords(props: Props) {
  const [part, setPart] = useState<{ Records: ComponentType<Props> } | null>(null);
  const may = props.desk.may('records.read');
  useEffect(() => {
    if (may) import('./RecordsOf').then(({ RecordsOf }) => setPart({ Records: RecordsOf }), () => undefined); // at the next contact again
  }, [may, part === null && props.contact]);
  return part && <part.Records {...props} />;
}
