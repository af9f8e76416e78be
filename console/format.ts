/** Text of numbers and times. Pure: what time it is and how the reader writes it are passed in. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `0.4 s`, `13 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 0) return duration(0);
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(whole, MINUTE, 'min', 1, 's');
  const minutes = Math.round(whole / MINUTE) * MINUTE;
  if (minutes < DAY) return pair(minutes, HOUR, 'h', MINUTE, 'min');
  return pair(Math.round(whole / HOUR) * HOUR, DAY, 'd', HOUR, 'h');
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** A duration that counts while one looks at it: whole seconds. */
export function elapsed(from: number, to: number): string {
  return duration(Math.max(0, Math.floor((to - from) / 1000)));
}

/** `in 12 s`, `12 s ago`. */
export function relative(at: number, now: number): string {
  const seconds = (at - now) / 1000;
  return seconds > 0 ? `in ${duration(Math.ceil(seconds))}` : `${duration(Math.floor(-seconds))} ago`;
}

/** When a thing that is planned will be: what is late is due. */
export function planned(at: number, now: number): string {
  return at <= now ? 'due now' : relative(at, now);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A date and time in the reader's own zone, which is named; without the day where it is today. */
export function localTime(at: number, now: number, locale?: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...zone,
  } as const;
  const day = (moment: number) => new Date(moment).toLocaleDateString(locale, { dateStyle: 'medium', ...zone });
  const clock = new Date(at).toLocaleTimeString(locale, time);
  return day(at) === day(now) ? clock : `${day(at)}, ${clock}`;
}

/** `1` → 1, and no more digits than a reader needs. */
export function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
