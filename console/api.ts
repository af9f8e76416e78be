/** What the page asks the API, from the origin that it came from. */

const TOKEN = 'pollux-token';
/** RFC 6750, section 2.1: what may stand in the header. */
const TOKEN_TEXT = /^[\w.~+/-]+=*$/;
/** An integration of an HTTP API has 30 seconds. */
const LIMIT_MS = 35_000;
/** The `Date` header has seconds; a clock that differs by less is taken to be right. */
const MIN_CLOCK_OFFSET_MS = 3_000;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0: there was no answer. */
  readonly status: number;
  /** What the API says, without the status. */
  readonly problem: string;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(status === 0 ? message : `${status} ${message}`, options);
    this.status = status;
    this.problem = message;
  }
}

export class Api {
  #clockOffset = 0;
  /** The last answer that came with an ETag: the job that one looks at. */
  #tagged: { path: string; etag: string; body: unknown } | undefined;

  /** Now, by the clock of the API, which wrote all times that are shown. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  get hasToken(): boolean {
    return sessionStorage.getItem(TOKEN) !== null;
  }

  /** Kept for this tab until it is closed. `false`: this can be no token. */
  setToken(text: string): boolean {
    const token = text.trim().replace(/^bearer\s+/i, '');
    if (!TOKEN_TEXT.test(token)) return false;
    sessionStorage.setItem(TOKEN, token);
    return true;
  }

  forgetToken(): void {
    sessionStorage.removeItem(TOKEN);
    this.#tagged = undefined;
  }

  async get<Body>(path: string): Promise<Body> {
    const known = this.#tagged?.path === path ? this.#tagged : undefined;
    const response = await this.#fetch(path, known ? { headers: { 'if-none-match': known.etag } } : {});
    if (response.status === 304 && known) return known.body as Body;
    const body = await bodyOf(response);
    const etag = response.headers.get('etag');
    if (etag !== null) this.#tagged = { path, etag, body };
    return body as Body;
  }

  async post(path: string): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    await bodyOf(await this.#fetch(path, { method: 'POST', headers, body: '{}' }));
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = sessionStorage.getItem(TOKEN);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    try {
      const response = await fetch(path, {
        ...init,
        headers,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      this.#setClock(response.headers.get('date'));
      return response;
    } catch (cause) {
      const isLate = cause instanceof DOMException && cause.name === 'TimeoutError';
      throw new ApiError(0, isLate ? `no answer within ${LIMIT_MS / 1000} s` : 'no answer', { cause });
    }
  }

  #setClock(date: string | null): void {
    const offset = Date.parse(date ?? '') - Date.now();
    if (Number.isFinite(offset)) this.#clockOffset = Math.abs(offset) < MIN_CLOCK_OFFSET_MS ? 0 : offset;
  }
}

/** The JSON of a good answer. A bad one is an error, in the words of its problem document (RFC 9457). */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parsed(text);
  if (response.ok && body !== undefined) return body;
  const { detail, title, message } = (body ?? {}) as Record<string, unknown>;
  const said = [detail, title, message].find((part) => typeof part === 'string');
  throw new ApiError(response.status, String(said ?? (response.ok ? 'without JSON' : response.statusText)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
