import type { HttpResponse } from '../../http/client.ts';
import { render } from '../../xml/write.ts';
import type { LoginSecret } from '../login-secret.ts';
import { isObject } from '../vsphere/moref.ts';
import { type AdapterCall, adapterRequest } from './adapter-request.ts';
import { type Carrier, DEFAULT_INPUTS, type Executed, type ExecuteOptions, type WorkflowStatus } from './carrier.ts';
import type { BmcContext } from './context.ts';
import { callFault, type Fault, faultOf } from './errors.ts';
import { type Login, Logins, NotLoggedIn } from './login.ts';
import { type Answer, errorIn, outputsOf, readAnswer, workflowIdOf } from './rest-answer.ts';
import type { BmcSecret } from './secret.ts';
import { sessionEnd } from './session-end.ts';

interface Order {
  method: 'GET' | 'POST';
  path: string;
  /** Made anew for each try: it may hold the password of vCenter. */
  body?(login: Login): string;
  fresh?: boolean;
  signal: AbortSignal;
}

/** The REST API, 7.8 and later. */
export class RestCarrier implements Carrier {
  readonly #context: BmcContext;
  readonly #logins: Logins;
  #assumed = false;

  constructor(context: BmcContext, secret: LoginSecret<BmcSecret, Fault>) {
    this.#context = context;
    this.#logins = new Logins(context, secret);
  }

  close(): Promise<void> {
    return this.#logins.close();
  }

  async execute(call: AdapterCall, { mode, fresh = false, signal }: ExecuteOptions): Promise<Executed> {
    const { options, name } = this.#context;
    const inputs = options.inputs ?? DEFAULT_INPUTS;
    const what = `${call.operation} at ${name}`;
    const { answer, response } = await this.#ask(what, {
      method: 'POST',
      path: `/process/${encodeURIComponent(options.process)}/execute?mode=${mode}`,
      body: ({ secret }) =>
        JSON.stringify({
          inputParameters: [
            { name: inputs.adapter, value: options.adapter },
            { name: inputs.request, value: render(adapterRequest(call, options, secret)), type: 'xml' },
          ],
        }),
      fresh,
      signal,
    });
    if (answer.kind === 'fault') return answer;
    const outputs = answer.kind === 'json' ? outputsOf(answer.json) : undefined;
    if (outputs) return { kind: 'outputs', outputs };
    const workflow = mode === 'async' ? workflowIdOf(answer) : undefined;
    if (workflow === undefined) return { kind: 'fault', fault: unexpected(answer, what, `HTTP ${response?.status}`) };
    this.#noteAssumption();
    return { kind: 'started', workflow };
  }

  async status(workflow: string, { signal }: { signal: AbortSignal }): Promise<WorkflowStatus> {
    const what = `status of workflow ${workflow} at ${this.#context.name}`;
    const path = `/job/${encodeURIComponent(workflow)}/status`;
    const { answer } = await this.#ask(what, { method: 'GET', path, signal });
    if (answer.kind === 'fault') return answer.fault.code === 'HTTP 404' ? { kind: 'gone' } : answer;
    const json = answer.kind === 'json' && isObject(answer.json) ? answer.json : {};
    const state = typeof json.status === 'string' ? json.status.trim().toUpperCase() : '';
    if (state === '') return { kind: 'fault', fault: unexpected(answer, what) };
    return { kind: 'workflow', state, outputs: outputsOf(json) ?? [] };
  }

  /** After a new login the call is made once more, if the first one surely was not carried out, or if it only reads. */
  async #ask(what: string, order: Order): Promise<{ answer: Answer; response?: HttpResponse }> {
    for (let tries = 1; ; tries++) {
      try {
        const login = await this.#logins.get(order.signal);
        const response = await this.#send(order, login);
        const answer = readAnswer(response, what, this.#context.now());
        const end = sessionEnd(answer, response.body);
        const fault = answer.kind === 'fault' ? answer.fault : unexpected(answer, what);
        if (end === undefined) {
          login.proven = true;
          // Not repeated: it may be a proxy's page; but the next call has a new session, should it be the sign-on server's.
          if (fault.code === 'html') this.#logins.drop(login, fault);
          return { answer, response };
        }
        const isDropped = this.#logins.drop(login, fault);
        const mayRepeat = tries === 1 && !order.signal.aborted && (end === 'certain' || !order.fresh);
        if (!isDropped || !mayRepeat) return { answer, response };
      } catch (error) {
        return { answer: { kind: 'fault', fault: faultFrom(error, what) } };
      }
    }
  }

  #send({ method, path, body, fresh, signal }: Order, login: Login): Promise<HttpResponse> {
    return this.#context.http.request({
      method,
      url: this.#context.options.url.replace(/\/+$/, '') + path,
      headers: {
        accept: 'application/json',
        'authentication-token': login.token,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: body(login) }),
      ...(fresh && { fresh }),
      signal,
    });
  }

  /** The form of this answer is not documented. */
  #noteAssumption(): void {
    if (this.#assumed) return;
    this.#assumed = true;
    this.#context.log.debug('took the answer to mode=async for the id of the workflow', {
      connection: this.#context.name,
    });
  }
}

/** An answer that is neither outputs nor a workflow. */
function unexpected(answer: Answer, what: string, otherwise = ''): Fault {
  const error = errorIn(answer);
  return error === undefined ? callFault('garbage', what, otherwise) : callFault('ErrorAnswer', what, error);
}

function faultFrom(error: unknown, what: string): Fault {
  if (!(error instanceof NotLoggedIn)) return faultOf(error, what);
  return { ...error.fault, message: `${what} was not sent, there is no session: ${error.fault.message}` };
}
