import type { HttpClient, HttpRequest, HttpResponse } from '../../../shared/http/client.ts';
import type { ConnectionContext, PlatformConnection } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import { keepConfidential } from '../../../shared/platforms/confidential.ts';

export type Answer = Partial<HttpResponse> | Error;

/** Answers every login, and the rest as told; remembers what it was asked. */
export function scripted(
  answer: (request: HttpRequest, count: number) => Answer,
): HttpClient & { asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    async request(request) {
      if (request.url.endsWith('/login')) {
        return { status: 200, headers: { 'authentication-token': 'AQ/+=*' }, body: '{"login":"true"}' };
      }
      asked.push(request);
      const given = answer(request, asked.length);
      if (given instanceof Error) throw given;
      return { status: 200, headers: {}, body: '', ...given };
    },
  };
}

export const SECRET = { username: 'op', password: 'c4n&ry-pass', vcenterUsername: 'vc', vcenterPassword: 'vc-c4n&ry' };

export function connectionOf(http: HttpClient, options: Record<string, unknown> = {}): PlatformConnection {
  const context: ConnectionContext<unknown, unknown> = {
    name: 'bmc/test',
    options: adapter.options.parse({
      url: `https://cdp.example.com:8443/baocdp/${options.protocol === 'orca' ? 'orca' : 'rest'}`,
      secret: 's',
      process: ':VMware:Call_Adapter',
      adapter: 'VMwareInfra',
      ...options,
    }),
    secret: async () => SECRET,
    http,
    now: () => 0,
    random: () => 0,
    log: { debug() {}, info() {}, warn() {} },
  };
  // As the functions have it: what is secret is hidden there, for all platforms alike.
  return keepConfidential(context, (inner) => adapter.connect(inner as never));
}

export function outputs(value: string, more: { name: string; value: string }[] = []): Answer {
  return { body: JSON.stringify([{ name: 'adapter response', value }, ...more]) };
}
