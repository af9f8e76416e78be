import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Sent {
  id: string;
  startedAt: number;
  done: boolean;
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** What may be changed while it runs. */
export interface FakeSsmSettings {
  /** First reads that answer InvocationDoesNotExist. */
  lateReads: number;
  /** Before the host takes a command. */
  delayMs: number;
  /** Instead of running it. */
  state?: 'DeliveryTimedOut' | 'Undeliverable' | 'ExecutionTimedOut' | 'Cancelled';
  /** Calls that fail with this exception; or the connection breaks after the command was taken. */
  fail: { call: 'SendCommand' | 'GetCommandInvocation'; type: string; status?: number; count: number } | undefined;
}

/**
 * Systems Manager as far as Run Command goes: its JSON protocol, and a host that runs the lines with /bin/sh, as root's agent
 * does. `runuser` is replaced by one that notes whose account was asked for and changes nothing.
 */
export async function startFakeSsm() {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-ssm-'));
  const accounts = join(folder, 'accounts');
  writeFileSync(accounts, '');
  const runuser = join(folder, 'runuser');
  writeFileSync(
    runuser,
    `#!/bin/sh\n[ "$1" = -u ] && [ "$3" = -- ] || exit 64\necho "$2" >> '${accounts}'\nshift 3\nexec "$@"\n`,
  );
  chmodSync(runuser, 0o755);
  let closed = false;
  const settings: FakeSsmSettings = { lateReads: 1, delayMs: 0, fail: undefined };
  const commands = new Map<string, Sent>();
  const requests: { call: string; body: Record<string, any> }[] = [];

  function runOnHost(lines: readonly string[], sent: Sent): void {
    if (closed) return;
    const script = join(folder, `${sent.id}.sh`);
    writeFileSync(script, lines.join('\n'));
    const env = { PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder };
    const child = spawn('/bin/sh', [script], { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => {
      sent.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      sent.stderr += chunk;
    });
    child.on('close', (code) => Object.assign(sent, { done: true, exitCode: code ?? -1 }));
  }

  const calls: Record<string, (body: Record<string, any>) => object | string> = {
    SendCommand({ InstanceIds, Parameters, TimeoutSeconds }) {
      if (InstanceIds[0] !== INSTANCE) return 'InvalidInstanceId';
      if (TimeoutSeconds < 30) return 'ValidationException';
      const sent: Sent = { id: randomUUID(), startedAt: Date.now(), done: false, exitCode: -1, stdout: '', stderr: '' };
      commands.set(sent.id, sent);
      if (!settings.state) setTimeout(() => runOnHost(Parameters.commands, sent), settings.delayMs);
      return { Command: { CommandId: sent.id, Status: 'Pending' } };
    },
    GetCommandInvocation({ CommandId }) {
      const sent = commands.get(CommandId);
      if (!sent) return 'InvalidCommandId';
      if (settings.lateReads > 0) {
        settings.lateReads -= 1;
        return 'InvocationDoesNotExist';
      }
      const ended = sent.exitCode === 0 ? 'Success' : 'Failed';
      const state = settings.state ?? (sent.done ? ended : 'InProgress');
      const spaced = state.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
      return {
        CommandId,
        Status: ['DeliveryTimedOut', 'ExecutionTimedOut'].includes(state) ? 'TimedOut' : state,
        StatusDetails: spaced,
        ResponseCode: sent.done ? sent.exitCode : -1,
        StandardOutputContent: sent.done ? sent.stdout.slice(0, 24_000) : '',
        StandardErrorContent: sent.done ? sent.stderr.slice(0, 8_000) : '',
      };
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const call = String(request.headers['x-amz-target']).split('.')[1]!;
    const body = JSON.parse(text) as Record<string, any>;
    requests.push({ call, body });
    const fault = settings.fail?.call === call && settings.fail.count-- > 0 ? settings.fail : undefined;
    const answer = fault && fault.type !== 'reset' ? fault.type : calls[call]!(body);
    if (fault?.type === 'reset') return void request.socket.destroy();
    const failed = typeof answer === 'string';
    response.writeHead(failed ? (fault?.status ?? 400) : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(failed ? { __type: answer, message: `${answer} of the test` } : answer));
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    settings,
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accounts: () => readFileSync(accounts, 'utf8').trim().split('\n'),
    close() {
      closed = true;
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
    /** The host's temporary folder. */
    folder,
  };
}

export const INSTANCE = 'mi-0123456789abcdef0';
