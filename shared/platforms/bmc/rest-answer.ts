import type { HttpResponse } from '../../http/client.ts';
import { retryAfterSeconds } from '../../http/failure.ts';
import { redirectNote } from '../../http/status.ts';
import type { Json } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { isObject } from '../vsphere/moref.ts';
import type { Output } from './carrier.ts';
import { callFault, type Fault } from './errors.ts';

export type Answer = { kind: 'json'; json: Json } | { kind: 'text'; text: string } | { kind: 'fault'; fault: Fault };

/** A web page, whatever its type says: proxies and login pages answer 200 too. */
const PAGE = /^\s*(<!doctype html|<html)/i;

/** `text` where the body is no JSON. */
export function readAnswer(response: HttpResponse, call: string, now: number): Answer {
  const { status, body, headers } = response;
  const isPage = PAGE.test(body);
  if (status < 200 || status > 299) {
    const wait = retryAfterSeconds(headers['retry-after'], now);
    const text = redirectNote(response) || (isPage ? '' : shortened(body, 4000));
    const more = wait === undefined ? {} : { retryAfterSeconds: wait };
    // The application server's own page while the application starts, not the API's word about a process or a job.
    const code = status === 404 && isPage ? 'NotServed' : `HTTP ${status}`;
    return { kind: 'fault', fault: callFault(code, call, text, more) };
  }
  if (isPage) return { kind: 'fault', fault: callFault('html', call) };
  if (body.trim() === '') return { kind: 'fault', fault: callFault('empty', call) };
  try {
    return { kind: 'json', json: JSON.parse(body.replace(/^\uFEFF/, '')) as Json };
  } catch {
    return { kind: 'text', text: body.trim() };
  }
}

/** A list of outputs (execute), or an object that has one (job status). */
export function outputsOf(json: Json): Output[] | undefined {
  const list = Array.isArray(json) ? json : isObject(json) ? json.outputParameters : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.filter(isObject).map(({ name, value }) => ({ name: textOf(name), value: textOf(value) }));
}

const ERROR_TEXTS = ['errorMessage', 'error_message', 'errorDescription', 'error', 'message', 'detail'];
const ERROR_CODES = ['errorCode', 'error_code', 'code'];

/** What an object says that is an error and nothing else; answered with 200 by some versions and by gateways. */
export function errorIn(answer: Answer): string | undefined {
  if (answer.kind !== 'json' || !isObject(answer.json)) return undefined;
  const { json } = answer;
  const held = (names: readonly string[]) => names.map((name) => textOf(json[name]).trim()).find((it) => it !== '');
  const [code, text] = [held(ERROR_CODES), held(ERROR_TEXTS)];
  if (text === undefined) return code === undefined ? undefined : `error ${code}`;
  return code === undefined ? text : `${code}: ${text}`;
}

/** What an asynchronous start answers is not documented; each of these has been seen in one API or another of the vendor. */
const ID_NAMES = ['jobId', 'JobId', 'JOB_ID', 'jobid', 'id'];
const ID = /^[\w.:{}-]{1,200}$/;

export function workflowIdOf(answer: Answer): string | undefined {
  if (answer.kind === 'fault') return undefined;
  const named = answer.kind === 'json' && isObject(answer.json) ? answer.json : {};
  const name = ID_NAMES.find((it) => Object.hasOwn(named, it));
  const bare = answer.kind === 'text' ? answer.text : answer.json;
  const id = textOf(name === undefined ? (typeof bare === 'object' ? '' : bare) : named[name]).trim();
  return ID.test(id) ? id : undefined;
}

function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
