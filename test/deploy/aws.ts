import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const PYTHON = process.env.POLLUX_PYTHON ?? 'python3';
const STAND_IN = fileURLToPath(new URL('stand_in.py', import.meta.url));
const CDK = fileURLToPath(new URL('../../node_modules/aws-cdk/bin/cdk', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REGION = 'us-east-1';

/** Why the suite cannot run here; `undefined` when it can. */
export function whyNot(): string | undefined {
  const imports = 'import boto3, moto.stepfunctions.parser.models, moto.moto_server.threaded_moto_server';
  const { error, status, stderr } = spawnSync(PYTHON, ['-c', imports], { encoding: 'utf8' });
  if (error) return `${PYTHON} cannot be run (${error.message})`;
  return status === 0 ? undefined : `${PYTHON} has no moto (${stderr.trim().split('\n').at(-1)})`;
}

/** Resolves when the condition holds; what never comes true is caught by the limit of the test. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(200);
}

/** The stand-in for AWS, in a process that ends with this one. */
export class Aws {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#process = child;
  }

  /** `folder` takes the code and the logs of functions. */
  static async start(folder: string): Promise<Aws> {
    const log = join(folder, 'stand-in.log');
    const stdio = ['pipe', 'pipe', openSync(log, 'a')] as const;
    const child = spawn(PYTHON, ['-u', STAND_IN, process.execPath, folder], { stdio: [...stdio] });
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, url] = /^ready (\S+)$/.exec(line) ?? [];
      if (url !== undefined) return new Aws(url, child);
    }
    throw new Error(`the stand-in for AWS did not start: ${readFileSync(log, 'utf8')}`);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin!.end();
    await exited;
  }

  /** Configuration of an AWS SDK client. */
  get client() {
    return { region: REGION, endpoint: this.url, credentials: { accessKeyId: 'operator', secretAccessKey: 'secret' } };
  }

  /** Runs the command line of the CDK in this repository. Gives what it printed; rejects when it fails. */
  async cdk(...args: string[]): Promise<string> {
    const { PATH, HOME } = process.env;
    const { accessKeyId, secretAccessKey } = this.client.credentials;
    const env = {
      PATH,
      HOME,
      CI: 'true',
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    const ran = await promisify(execFile)(process.execPath, [CDK, ...args], { cwd: ROOT, env });
    return ran.stdout + ran.stderr;
  }

  /** A call in the JSON protocol, for services whose client is no dependency of this repository. */
  async json(target: string, input: object): Promise<any> {
    const response = await this.#fetch(target.startsWith('AmazonSQS') ? 'sqs' : 'lambda', '/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
      body: JSON.stringify(input),
    });
    return response.json();
  }

  /** A call in the query protocol. Gives the XML. */
  async query(service: string, version: string, input: Record<string, string>): Promise<string> {
    const body = new URLSearchParams({ Version: version, ...input });
    return (await this.#fetch(service, '/', { method: 'POST', body })).text();
  }

  /** Invokes a deployed function. Throws its error. */
  async invoke(name: string, event: unknown): Promise<unknown> {
    const path = `/2015-03-31/functions/${name}/invocations`;
    const response = await this.#fetch('lambda', path, { method: 'POST', body: JSON.stringify(event) });
    const answer = await response.json();
    if (response.headers.has('x-amz-function-error')) throw new Error(`${name} failed: ${JSON.stringify(answer)}`);
    return answer;
  }

  async #fetch(service: string, path: string, init: RequestInit): Promise<Response> {
    // The stand-in reads the service and the region of a signature, and checks none.
    const authorization = `AWS4-HMAC-SHA256 Credential=operator/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=none`;
    const response = await fetch(this.url + path, { ...init, headers: { ...init.headers, authorization } });
    if (!response.ok) throw new Error(`${service}: ${response.status} ${await response.text()}`);
    return response;
  }
}
