import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterwards, insteadOf, send } from '../faults.ts';

const PAGE = '<!DOCTYPE html><html><head><title>Sign on</title></head><body><form>Log in</form></body></html>';

const { empty: _empty, ...instead } = insteadOf('application/json', PAGE);
export const INSTEAD: ReturnType<typeof insteadOf> = instead;

export const AFTERWARDS: ReturnType<typeof afterwards> = {
  ...afterwards('application/json'),
  empty: (_: IncomingMessage, response: ServerResponse) => send(response, 200, 'application/json', ''),
};
