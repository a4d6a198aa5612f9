/** REST calls: JSON in and out, refusals as `Problem`s with a text for the person. */

/** What is refused with these will be refused again (`final` in model/errors.py). */
const FINAL = new Set([400, 403, 404, 413, 415]);

/** A refusal of the server (`application/problem+json`), or of the network (`code` "offline", status 0). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    text: string,
    readonly status: number,
    readonly retryAfterMs: number | null = null,
    readonly requestId = '',
    /** What of the request is to be changed, as the request calls it; empty for nothing in particular. */
    readonly field = '',
  ) {
    super(text);
  }

  /** Whether the same asked again would be refused again. */
  get final(): boolean {
    return FINAL.has(this.status);
  }
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Readonly<Record<string, string>>;
}

interface ProblemBody {
  code?: string;
  detail?: string;
  title?: string;
  request_id?: string;
  retry_after_ms?: number | null;
  field?: string;
}

export class Api {
  /** `base`: where the appliance's paths begin, with a slash at its end. `headers`: who speaks and in which language. */
  constructor(
    private readonly base: string,
    private readonly headers: () => Readonly<Record<string, string>>,
    private readonly offlineText: () => string,
  ) {}

  get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call<T>('GET', path, undefined, options);
  }

  post<T>(path: string, body: unknown = {}, options: CallOptions = {}): Promise<T> {
    return this.call<T>('POST', path, body, options);
  }

  put<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return this.call<T>('PUT', path, body, options);
  }

  patch<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    return this.call<T>('PATCH', path, body, options);
  }

  delete<T>(path: string, options: CallOptions = {}, body?: unknown): Promise<T> {
    return this.call<T>('DELETE', path, body, options);
  }

  /** A file's bytes, with our headers, because no secret may stand in an address. */
  async file(path: string, options: CallOptions = {}): Promise<Blob> {
    return (await this.answer('GET', path, undefined, options)).blob();
  }

  /**
   * A request that brings bytes; `sent` tells how many are on their way. Its answer's text. XMLHttpRequest, because
   * fetch reports no progress.
   */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    bytes: Blob | null,
    sent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, this.base + path);
      for (const [name, value] of Object.entries({ ...this.headers(), ...headers })) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => sent(loaded);
      request.onload = () => {
        if (request.status < 300) resolve(request.responseText);
        else reject(problem(request.status, request.responseText, this.offlineText()));
      };
      request.onerror = () => reject(new Problem('offline', this.offlineText(), 0));
      request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
      signal.addEventListener('abort', () => request.abort());
      if (signal.aborted) request.abort();
      request.send(bytes);
    });
  }

  private async call<T>(method: string, path: string, body: unknown, options: CallOptions): Promise<T> {
    const answer = await this.answer(method, path, body, options);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async answer(method: string, path: string, body: unknown, options: CallOptions): Promise<Response> {
    const answer = await this.fetched(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...this.headers(), ...options.headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (!answer.ok) throw problem(answer.status, await answer.text(), this.offlineText());
    return answer;
  }

  private async fetched(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(this.base + path, request);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new Problem('offline', this.offlineText(), 0);
    }
  }
}

/** A proxy may answer in the server's name, with a page of its own: then only the status is worth anything. */
function problem(status: number, text: string, offlineText: string): Problem {
  let body: ProblemBody = {};
  try {
    body = JSON.parse(text) as ProblemBody;
  } catch {
    // not ours
  }
  const detail = body.detail ?? body.title ?? offlineText;
  const { code = `http_${status}`, retry_after_ms: wait = null, request_id: id = '', field = '' } = body;
  return new Problem(code, detail, status, wait, id, field);
}
