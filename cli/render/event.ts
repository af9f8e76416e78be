import { isConnectionStateChange, isJobStateChange, type PolluxEvent } from '../../client/events.ts';
import { jobName } from '../../client/index.ts';
import { type Paint, printable } from '../output.ts';
import { statusColor } from './job.ts';

export function eventLine(event: PolluxEvent, paint: Paint): string {
  if (isJobStateChange(event)) {
    const { detail } = event;
    const { status, previousStatus, operation, error, message } = detail;
    const said = error ? `${error.code}: ${error.message}` : (message ?? '');
    const change = `${previousStatus} → ${paint(statusColor(status), status)}`;
    return [event.time, jobName(detail), change, operation, printable(said)].filter(Boolean).join('  ');
  }
  if (isConnectionStateChange(event)) {
    const { platform, connection, status, previousStatus, reason = '' } = event.detail;
    const change = `${previousStatus} → ${paint(healthColor(status), status)}`;
    return [event.time, `${platform}/${connection}`, change, printable(reason)].filter(Boolean).join('  ');
  }
  return [event.time, event.source, event['detail-type']].join('  ');
}

export function healthColor(status: string): 'green' | 'red' | 'dim' {
  if (status === 'UP') return 'green';
  return status === 'DOWN' ? 'red' : 'dim';
}
