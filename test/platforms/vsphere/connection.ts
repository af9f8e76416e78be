import type { HttpClient } from '../../../shared/http/client.ts';
import type { ConnectionContext, PlatformConnection } from '../../../shared/platforms/adapter.ts';
import { adapter } from '../../../shared/platforms/vsphere/index.ts';
import type { VsphereOptions } from '../../../shared/platforms/vsphere/options.ts';
import type { VsphereSecret } from '../../../shared/platforms/vsphere/secret.ts';

/** The parts of a connection that a test may want to be its own. */
export interface Parts {
  http: HttpClient;
  url?: string;
  options?: Partial<VsphereOptions>;
  secret?: (fresh?: boolean) => Promise<VsphereSecret>;
  now?: () => number;
}

export function contextOf({
  http,
  url,
  options,
  secret,
  now,
}: Parts): ConnectionContext<VsphereOptions, VsphereSecret> {
  return {
    name: 'vsphere/test',
    options: { url: url ?? 'http://127.0.0.1:1/sdk', secret: 'test', ...options },
    secret: secret ?? (async () => ({ username: 'administrator@vsphere.local', password: 'simulated' })),
    http,
    now: now ?? Date.now,
    random: () => 0.5,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  };
}

export function connectionOf(parts: Parts): PlatformConnection {
  return adapter.connect(contextOf(parts));
}

/** An HttpClient that answers from a table and remembers what it was asked. */
export function scripted(
  answer: (
    method: string,
    body: string,
    count: number,
  ) => { status?: number; body?: string; headers?: Record<string, string | string[]> } | Error,
): HttpClient & { asked: { method: string; body: string; headers: Record<string, string>; fresh: boolean }[] } {
  const asked: { method: string; body: string; headers: Record<string, string>; fresh: boolean }[] = [];
  return {
    asked,
    request: async (request) => {
      const body = String(request.body);
      const method = /<soapenv:Body><(\w+)/.exec(body)?.[1] ?? '';
      asked.push({ method, body, headers: request.headers ?? {}, fresh: request.fresh === true });
      const count = asked.filter((it) => it.method === method).length;
      const given = answer(method, body, count);
      if (given instanceof Error) throw given;
      return { status: given.status ?? 200, headers: given.headers ?? {}, body: given.body ?? '' };
    },
  };
}
