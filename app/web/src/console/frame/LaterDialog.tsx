import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useDesk } from '../state/desk';
import { t } from '../words';

interface LaterDialogProps {
  load: () => Promise<ComponentType>;
  onFailed: () => void;
}

/** A dialog whose code is fetched when it is first asked for; where that fails a toast says so and nothing else happens. */
export function LaterDialog({ load, onFailed }: LaterDialogProps) {
  const desk = useDesk();
  const [page, setPage] = useState<{ Page: ComponentType } | null>(null);
  useEffect(() => {
    load().then(
      (Page) => setPage({ Page }),
      () => {
        desk.say(t().unreachable);
        onFailed();
      },
    );
  }, []);
  return page && <page.Page />;
}
