import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterwards, insteadOf, send } from '../faults.ts';

const PAGE = '<!DOCTYPE html><html><head><title>CloudStack</title></head><body>Service</body></html>';
const JSON_TYPE = 'application/json; charset=UTF-8';

/** `throttled` is the platform's own answer, with the milliseconds in its text. */
const { empty: _empty, throttled: _throttled, ...instead } = insteadOf(JSON_TYPE, PAGE);
export const INSTEAD: ReturnType<typeof insteadOf> = instead;

export const AFTERWARDS: ReturnType<typeof afterwards> = {
  ...afterwards(JSON_TYPE),
  // The server failed while it wrote its answer, so the command was carried out.
  empty: (_: IncomingMessage, response: ServerResponse) => send(response, 200, JSON_TYPE, ''),
};
