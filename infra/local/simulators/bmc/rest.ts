import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output, WorkflowSettings, WorkflowTable } from './workflows.ts';

/** An answer before it is sent. */
export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Record<string, string>;
}

export interface RestSettings {
  /** How an asynchronous start is answered: none of these is documented. */
  asyncAnswer: 'text' | 'string' | 'jobId' | 'JobId' | 'JOB_ID' | 'id';
  /** Where the token of a login is found. */
  token: 'header' | 'cookie' | 'nowhere';
}

export interface ServiceParts {
  secret: { username: string; password: string };
  settings: RestSettings & WorkflowSettings;
  process: string;
  /** Runs the workflow: its inputs in, its outputs out. */
  run(inputs: Map<string, string>): Output[];
}

/** `/baocdp/rest`, as far as it runs workflows. */
export function restApi({ secret, settings, process, run, workflows }: ServiceParts & { workflows: WorkflowTable }) {
  const tokens = new Set<string>();

  function logIn(body: string): Answer {
    const { username, password } = JSON.parse(body) as Record<string, unknown>;
    if (username !== secret.username || password !== secret.password) return plain(401, 'Authentication failed');
    // The characters that real ones have: base64 and a star.
    const token = `AQIC5wM2LY4Sfc+${randomBytes(24).toString('base64')}/=*AAJTSQACMDI.*`;
    tokens.add(token);
    return json({ login: 'true' }, TOKEN_HEADERS[settings.token](token));
  }

  async function execute(body: string, mode: string | null): Promise<Answer> {
    const outputs = run(inputsOf(body));
    if (mode === 'async') return started(workflows.start(outputs), settings.asyncAnswer);
    if (settings.workflowMs > 0) await sleep(settings.workflowMs);
    return settings.endState === 'COMPLETED' ? json(outputs) : plain(500, `The process ended as ${settings.endState}`);
  }

  return {
    expireSessions: () => tokens.clear(),

    async answer(request: IncomingMessage, url: URL, body: string): Promise<Answer> {
      const path = url.pathname.replace(/^\/baocdp\/rest/, '');
      const isJson = request.headers['content-type']?.startsWith('application/json') === true;
      if (request.method === 'POST' && !isJson) return plain(415, 'Unsupported Media Type');
      if (path === '/login') return logIn(body);
      const token = String(request.headers['authentication-token']);
      if (!tokens.has(token)) return plain(401, 'The authentication token is missing or has expired');
      if (path === '/logout') return json({ logout: String(tokens.delete(token)) });
      const workflow = /^\/job\/([^/]+)\/status$/.exec(path)?.[1];
      if (workflow !== undefined) {
        const status = workflows.describe(decodeURIComponent(workflow));
        return status ? json(status) : plain(404, 'The job does not exist');
      }
      const named = /^\/process\/([^/]+)\/execute$/.exec(path)?.[1];
      if (named === undefined || decodeURIComponent(named) !== process) return plain(404, 'No such process');
      return execute(body, url.searchParams.get('mode'));
    },
  };
}

const TOKEN_HEADERS: Record<RestSettings['token'], (token: string) => Record<string, string>> = {
  header: (token) => ({ 'Authentication-Token': token }),
  cookie: (token) => ({ 'Set-Cookie': `JSESSIONID=0A1B; Authentication-Token=${token}` }),
  nowhere: () => ({}),
};

function json(value: unknown, headers: Record<string, string> = {}): Answer {
  return { status: 200, type: 'application/json;charset=UTF-8', text: JSON.stringify(value), headers };
}

export function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain;charset=UTF-8', text };
}

/** Throws for what is not as documented. */
function inputsOf(body: string): Map<string, string> {
  const { inputParameters } = JSON.parse(body) as { inputParameters?: unknown };
  if (!Array.isArray(inputParameters)) throw new Error('inputParameters must be a list');
  return new Map(
    (inputParameters as { name?: unknown; value?: unknown }[]).map(({ name, value }) => {
      if (typeof name !== 'string' || !['string', 'boolean'].includes(typeof value)) throw new Error('bad parameter');
      return [name, String(value)] as const;
    }),
  );
}

function started(id: string, form: RestSettings['asyncAnswer']): Answer {
  if (form === 'text') return plain(200, id);
  return json(form === 'string' ? id : { [form]: id });
}
