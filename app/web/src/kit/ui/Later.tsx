import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from './Button';
import { Failure } from './Empty';
import { Skeleton } from './Skeleton';

interface LaterProps {
  load: () => Promise<ComponentType>;
  loading: string;
  failed: string;
  reason: string;
  retry: string;
}

/** A page whose code is fetched at its first visit. */
export function Later({ load, loading, failed, reason, retry }: LaterProps) {
  const [page, setPage] = useState<{ Page: ComponentType } | 'failed' | null>(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    load().then(
      (Page) => setPage({ Page }),
      () => setPage('failed'),
    );
  }, [tries]);
  if (page === null) return <Skeleton label={loading} face={false} />;
  if (page !== 'failed') return <page.Page />;
  const again = (): void => {
    setPage(null);
    setTries(tries + 1);
  };
  return (
    <Failure
      title={failed}
      reason={reason}
      retry={
        <Button size="s" onPress={again}>
          {retry}
        </Button>
      }
    />
  );
}
