import type { PlatformDocumentation } from '../adapter.ts';
import { RULES } from './report.ts';

export const documentation: PlatformDocumentation = {
  states: [
    { platform: 'no report yet', status: 'QUEUED', why: '' },
    { platform: 'state running', status: 'RUNNING', why: 'progress is clamped to 0..100' },
    { platform: 'state success', status: 'SUCCEEDED', why: 'with the result' },
    {
      platform: 'state error, fault RequestCanceled',
      status: 'CANCELED',
      why: 'the worker saw the request and stopped',
    },
    { platform: 'state error', status: 'FAILED', why: 'with the fault' },
    {
      platform: 'no report within heartbeatSeconds',
      status: 'LOST',
      why: 'HeartbeatTimeout: the worker is taken for dead',
    },
  ],
  errors: RULES.map(({ rule }) => ({ code: 'InvalidState', onLook: '-', onSubmit: 'report: refused', why: rule })),
};
