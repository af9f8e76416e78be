import type { HttpResponse } from './client.ts';

/**
 * What an HTTP status means where the body is not the platform's own: it comes from a proxy, a load balancer, or a server
 * that restarts. One table for all platforms; a platform that uses a status in a sense of its own has its own row before it.
 */
export interface StatusMeaning {
  name: string;
  /** Of a poll: whether time alone may repair it. It never ends a job. */
  poll: 'transient' | 'permanent';
  /** Of a submit: `unknown` wherever the server may have got the request and gone on with it. */
  submit: 'refused' | 'unavailable' | 'unknown';
  cancel: 'transient' | 'permanent' | 'refused';
  /** Whether the same request could be taken later. */
  retryable?: boolean;
  /** What an operator can do. */
  advice: string;
}

type Effect = Pick<StatusMeaning, 'poll' | 'submit' | 'cancel' | 'retryable'>;

/** The connection, or the network before it, must be repaired; the request was not carried out. */
const SETUP: Effect = { poll: 'permanent', submit: 'unavailable', cancel: 'permanent', retryable: false };
/** This request, and every repetition of it. */
const TOO_LARGE: Effect = { poll: 'permanent', submit: 'refused', cancel: 'refused', retryable: false };
/** Surely not carried out, and it may be sent again. */
const LATER: Effect = { poll: 'transient', submit: 'unavailable', cancel: 'transient', retryable: true };
/** The server may have carried it out, or do so still. */
const UNCLEAR: Effect = { poll: 'transient', submit: 'unknown', cancel: 'transient' };

const NOT_THE_API = 'the url is not that of the API: correct it';
const IN_FRONT = 'something in front of the server does not let the request through: check the url and the proxy';
const SLOW =
  'the server behind it may have taken the request and be working on it; if this happens often, raise its time-out';
const CLOUDFLARE = 'a proxy of Cloudflare has no good answer of the server behind it';
const CLIENT_CERTIFICATE =
  'the proxy wants a certificate of the client, which Pollux does not have: let the connection bypass it';

/**
 * By number, then by its first digit (RFC 9110, section 15). The numbers that no standard has are those of nginx (444, 494 to
 * 499), AWS load balancers (460, 463, 464), Cloudflare (520 to 527, 530) and other proxies (598, 599). A number of 4xx that
 * nobody has registered says nothing about what became of the request.
 */
export const HTTP_STATUSES: Readonly<Record<string, StatusMeaning>> = {
  '3xx': { name: 'redirect', ...SETUP, advice: 'redirects are not followed, the credentials would go with them' },
  '400': { name: 'bad request', ...SETUP, advice: IN_FRONT },
  '401': { name: 'not authenticated', ...SETUP, advice: 'a proxy in front of the server asks for a login of its own' },
  '402': { name: 'payment required', ...SETUP, advice: IN_FRONT },
  '403': { name: 'forbidden', ...SETUP, advice: 'a proxy or firewall in front of the server forbids the call' },
  '404': { name: 'not found', ...SETUP, advice: NOT_THE_API },
  '405': { name: 'method not allowed', ...SETUP, advice: NOT_THE_API },
  '406': { name: 'not acceptable', ...SETUP, advice: NOT_THE_API },
  '407': {
    name: 'proxy authentication required',
    ...SETUP,
    advice: 'a proxy on the way wants a login, which Pollux does not give: let the connection bypass it',
  },
  '408': { name: 'request timed out', ...UNCLEAR, advice: SLOW },
  '409': { name: 'conflict', ...SETUP, advice: IN_FRONT },
  '410': { name: 'gone', ...SETUP, advice: NOT_THE_API },
  '411': { name: 'length required', ...SETUP, advice: IN_FRONT },
  '412': { name: 'precondition failed', ...SETUP, advice: IN_FRONT },
  '413': {
    name: 'request too large',
    ...TOO_LARGE,
    advice: 'send less (user data, above all), or raise the limit for the body of a request at the server or its proxy',
  },
  '414': {
    name: 'URL too long',
    ...TOO_LARGE,
    advice: 'send less, or raise the limit for the length of a URL at the server or its proxy',
  },
  '415': { name: 'unsupported media type', ...SETUP, advice: NOT_THE_API },
  '417': { name: 'expectation failed', ...SETUP, advice: IN_FRONT },
  '421': {
    name: 'misdirected request',
    ...LATER,
    advice: 'a proxy led the request to another server than that of the url: check the host that it forwards to',
  },
  '422': { name: 'unprocessable content', ...SETUP, advice: IN_FRONT },
  '423': { name: 'locked', ...SETUP, advice: IN_FRONT },
  '425': {
    name: 'too early',
    ...LATER,
    advice: 'a proxy does not forward requests that came before the handshake was over',
  },
  '426': { name: 'upgrade required', ...SETUP, advice: 'the proxy wants another version of HTTP or TLS' },
  '428': { name: 'precondition required', ...SETUP, advice: IN_FRONT },
  '429': { name: 'too many requests', ...LATER, advice: 'lower "maxRequestsPerSecond" of the connection' },
  '431': {
    name: 'request header too large',
    ...TOO_LARGE,
    advice:
      'raise the limit for the header of a request at the server or its proxy, or have the proxy set smaller cookies',
  },
  '444': { name: 'no answer', ...UNCLEAR, advice: 'a proxy has closed the connection without an answer' },
  '451': { name: 'unavailable for legal reasons', ...SETUP, advice: IN_FRONT },
  '460': { name: 'closed before the answer', ...UNCLEAR, advice: SLOW },
  '463': {
    name: 'too many proxies',
    ...SETUP,
    advice: 'too many proxies stand in a row between Pollux and the server',
  },
  '464': {
    name: 'incompatible protocol',
    ...SETUP,
    advice: 'the load balancer and the server speak other versions of HTTP',
  },
  '494': {
    name: 'request header too large',
    ...TOO_LARGE,
    advice: 'raise the limit for the header of a request at the proxy, or have it set smaller cookies',
  },
  '495': { name: 'bad client certificate', ...SETUP, advice: CLIENT_CERTIFICATE },
  '496': { name: 'client certificate required', ...SETUP, advice: CLIENT_CERTIFICATE },
  '497': { name: 'plain HTTP on a port for HTTPS', ...SETUP, advice: 'begin the url with https' },
  '499': { name: 'closed before the answer', ...UNCLEAR, advice: SLOW },
  '4xx': { name: 'refused', ...UNCLEAR, advice: 'nobody has registered this number: look into the log of the proxy' },
  '501': { name: 'not implemented', ...SETUP, advice: NOT_THE_API },
  '502': { name: 'bad gateway', ...UNCLEAR, advice: 'the server behind the proxy is away, or broke off' },
  '503': { name: 'unavailable', ...UNCLEAR, advice: 'the server is restarting or overloaded' },
  '504': { name: 'gateway timed out', ...UNCLEAR, advice: SLOW },
  '505': { name: 'HTTP version not supported', ...SETUP, advice: IN_FRONT },
  '506': { name: 'variant also negotiates', ...SETUP, advice: IN_FRONT },
  '510': { name: 'not extended', ...SETUP, advice: IN_FRONT },
  '511': {
    name: 'login to the network required',
    ...SETUP,
    advice: 'a portal of the network asks for a login before it lets anything through',
  },
  '520': { name: 'unknown error', ...UNCLEAR, advice: CLOUDFLARE },
  '521': { name: 'web server down', ...UNCLEAR, advice: CLOUDFLARE },
  '522': { name: 'connection timed out', ...UNCLEAR, advice: CLOUDFLARE },
  '523': { name: 'origin unreachable', ...UNCLEAR, advice: CLOUDFLARE },
  '524': { name: 'server timed out', ...UNCLEAR, advice: SLOW },
  '525': { name: 'TLS handshake failed', ...UNCLEAR, advice: CLOUDFLARE },
  '526': { name: 'invalid certificate', ...UNCLEAR, advice: CLOUDFLARE },
  '527': { name: 'connection error', ...UNCLEAR, advice: CLOUDFLARE },
  '530': { name: 'origin error', ...UNCLEAR, advice: CLOUDFLARE },
  '598': { name: 'read timed out', ...UNCLEAR, advice: SLOW },
  '599': { name: 'connection timed out', ...UNCLEAR, advice: SLOW },
  '5xx': { name: 'server or proxy error', ...UNCLEAR, advice: 'the server or a proxy is restarting or overloaded' },
};

const NO_STATUS: StatusMeaning = {
  name: 'an answer that cannot be read',
  ...UNCLEAR,
  advice: 'the body is not the one that belongs to this call',
};

export function statusMeaning(status: number): StatusMeaning {
  return HTTP_STATUSES[status] ?? HTTP_STATUSES[`${Math.floor(status / 100)}xx`] ?? NO_STATUS;
}

/** The meaning of a code as adapters write it, `HTTP 503`; `undefined` for every other code. */
export function statusMeaningOf(code: string): StatusMeaning | undefined {
  const status = /^HTTP (\d{3})$/.exec(code)?.[1];
  return status === undefined ? undefined : statusMeaning(Number(status));
}

const MAX_TARGET = 200;

/**
 * Where a redirect points to and what to do with it, or nothing. Without credentials, query, fragment and parameters of the
 * path (`;jsessionid=…`): any of them may hold a session or a password.
 */
export function redirectNote({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): string {
  const [location] = [headers.location].flat();
  // A base for targets like `/login`, which are shown without a host.
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, 'http://same.invalid'))
    return '';
  const { protocol, host, pathname } = new URL(location, 'http://same.invalid');
  if (!/^https?:$/.test(protocol)) return '';
  const path = pathname.replace(/;[^/]*/g, '');
  const target = host === 'same.invalid' ? path : `${protocol}//${host}${path}`;
  const shown = target.length > MAX_TARGET ? `${target.slice(0, MAX_TARGET)}…` : target;
  const advice = SIGN_ON.test(pathname)
    ? 'that looks like a sign-on page: let the connection bypass it'
    : 'if the API is there, put that address into the url of the connection';
  return `to ${shown}; ${advice}`;
}

const SIGN_ON = /log-?[io]n|sign-?(in|on)|\bsso\b|saml|oauth|\bauth/i;
