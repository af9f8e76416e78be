import { Api, ApiError } from './api.ts';
import { type Child, h, update } from './dom.ts';
import { localTime, planned, relative } from './format.ts';
import { heading } from './parts.ts';
import { pollDelay } from './polling.ts';
import { href, parseRoute, type Route, STATUSES } from './route.ts';
import type { Screen } from './screen.ts';
import { ConnectionsScreen } from './views/connections.ts';
import { JobScreen } from './views/job.ts';
import { JobsScreen } from './views/jobs.ts';
import { OperationsScreen } from './views/operations.ts';
import { NO_TOKEN, REFUSED, signIn } from './views/sign-in.ts';

const element = <Found extends HTMLElement>(id: string) => document.getElementById(id) as Found;
const main = element('main');
const trouble = element('trouble');
const news = element('news');
const freshness = element('freshness');
const signOut = element<HTMLButtonElement>('sign-out');
const confirmation = element<HTMLDialogElement>('confirm');

const api = new Api();
let route: Route;
let screen: Screen | undefined;
/** What the API has said against the request without a token, or against the last token. */
let signInAs: { complaint?: string } | undefined;
let refreshing: Screen | undefined;
/** Whose job the dialog asks about. */
let canceling: Screen | undefined;
/** Why the page does not exist, as the API has put it. */
let missing: string | undefined;
let failures = 0;
let refreshedAt: number | undefined;
let nextPollAt: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function screenOf(to: Route): Screen | undefined {
  if (to.view === 'connections') return new ConnectionsScreen(api);
  if (to.view === 'jobs') return new JobsScreen(api, to);
  if (to.view === 'job') return new JobScreen(api, to);
  return to.view === 'operations' ? new OperationsScreen(api, to) : undefined;
}

/** Another filter or page of a list is the same page: focus stays where it is. */
const pageOf = (of: Route) => JSON.stringify({ ...of, status: undefined, cursor: undefined });

function navigate(): void {
  const before = route;
  route = parseRoute(location.hash);
  screen = screenOf(route);
  refreshedAt = undefined;
  missing = undefined;
  failures = 0;
  trouble.replaceChildren();
  if (!before || pageOf(before) !== pageOf(route)) {
    main.replaceChildren();
    draw();
    // Not at the start: the browser begins at the top by itself.
    if (before) main.querySelector('h1')?.focus();
  }
  const filter = document.getElementById('status');
  if (filter instanceof HTMLSelectElement && route.view === 'jobs') filter.value = route.status ?? '';
  void refresh();
}

async function refresh(): Promise<void> {
  const asking = screen;
  if (!asking || signInAs || missing !== undefined || refreshing === asking) return;
  refreshing = asking;
  clearTimeout(timer);
  try {
    const said = await asking.refresh();
    if (asking !== screen) return;
    if (said !== undefined) news.textContent = said;
    failures = 0;
    refreshedAt = api.now();
    trouble.replaceChildren();
  } catch (error) {
    if (asking === screen) failed(error);
  } finally {
    if (refreshing === asking) refreshing = undefined;
    if (asking === screen) {
      draw();
      schedule();
    }
  }
}

function failed(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) {
    signInAs = api.hasToken ? { complaint: REFUSED } : {};
    api.forgetToken();
    draw();
    element('token').focus();
    return;
  }
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 404) {
    missing = error.problem;
    return;
  }
  failures++;
  const asOf = refreshedAt === undefined ? '' : ` What is shown is as of ${localTime(refreshedAt, api.now())}.`;
  const notice = `The API does not answer: ${withoutStop(error.message)}.${asOf} `;
  const retry = h('button', { type: 'button', 'data-action': 'retry' }, 'Try now');
  // Said once, not at every try.
  if (!trouble.textContent.startsWith(notice)) update(trouble, [h('p', {}, notice, retry)]);
}

/** The API's own sentences end with a full stop, other errors do not. */
function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

function schedule(): void {
  clearTimeout(timer);
  const delay = pollDelay({ visible: !document.hidden, busy: screen?.busy ?? false, failures });
  nextPollAt = delay === undefined || signInAs || missing !== undefined ? undefined : Date.now() + delay;
  if (nextPollAt !== undefined) timer = setTimeout(refresh, delay);
}

function draw(): void {
  const width = Math.max(280, Math.min(860, main.clientWidth - 2));
  const around = { now: api.now(), width };
  update(main, content(around));
  document.title = `${signInAs ? 'Token' : (screen?.title ?? 'No such page')} · Pollux`;
  signOut.hidden = !api.hasToken;
  freshness.textContent = fresh(around.now);
}

function content(around: Parameters<Screen['render']>[0]): Child[] {
  if (signInAs) return signIn(signInAs.complaint);
  if (screen && missing === undefined) return screen.render(around);
  return [
    heading('No such page'),
    missing !== undefined && h('p', { class: 'warning', role: 'alert' }, missing),
    h('p', {}, h('a', { href: href({ view: 'connections' }) }, 'All connections')),
  ];
}

function fresh(now: number): string {
  if (failures > 0 && nextPollAt !== undefined) return `Next try ${planned(nextPollAt, Date.now())}`;
  return refreshedAt === undefined ? '' : `Updated ${relative(refreshedAt, now)}`;
}

function askToCancel(): void {
  canceling = screen;
  element('confirm-job').textContent = screen?.title ?? '';
  confirmation.showModal();
}

async function cancel(): Promise<void> {
  const asked = canceling;
  if (!asked?.cancel || asked !== screen) return;
  try {
    await asked.cancel();
  } catch (error) {
    failed(error);
  }
  draw();
  await refresh();
}

function useToken(): void {
  signInAs = api.setToken(element<HTMLInputElement>('token').value) ? undefined : { complaint: NO_TOKEN };
  draw();
  if (signInAs) return;
  main.querySelector('h1')?.focus();
  void refresh();
}

const ACTIONS: Record<string, () => unknown> = {
  skip: () => main.focus(),
  retry: refresh,
  cancel: askToCancel,
  'sign-out': () => {
    api.forgetToken();
    signInAs = {};
    draw();
    element('token').focus();
  },
};

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button[data-action]') : null;
  ACTIONS[button?.getAttribute('data-action') ?? '']?.();
});

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLSelectElement) || target.id !== 'status' || route.view !== 'jobs') return;
  const { platform, connection } = route;
  const status = STATUSES.find((known) => known === target.value);
  location.hash = href({ view: 'jobs', platform, connection, ...(status && { status }) });
});

document.addEventListener('submit', (event) => {
  const { target, submitter } = event;
  if (target instanceof HTMLFormElement && target.id === 'sign-in') {
    event.preventDefault();
    useToken();
  }
  // The form of the dialog, which it closes by itself. Escape closes it too, and submits nothing.
  if (submitter instanceof HTMLButtonElement && submitter.value === 'yes') void cancel();
});

document.addEventListener('visibilitychange', () => {
  if (document.hidden) schedule();
  else void refresh();
});
window.addEventListener('online', () => void refresh());
window.addEventListener('hashchange', navigate);
window.addEventListener('resize', draw);
setInterval(() => {
  if (!document.hidden) draw();
}, 1000);
navigate();
