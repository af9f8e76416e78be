import type { Fault } from '../simulator.ts';

/**
 * What a fault means for a script: the rest of it, as a shell reads it. `answer` is the file with what it would have printed.
 * `instead`: nothing was done; `after`: the work was done, its answer goes wrong.
 *
 * | fault | the script |
 * | --- | --- |
 * | unauthorized | ends with 126, as one that may not be executed |
 * | html | prints noise, no JSON, and ends with 0 |
 * | empty | did its work, prints nothing, ends with 0 |
 * | hang | never ends, and has a child that does not either |
 * | truncated | did its work, prints half of the JSON |
 * | unavailable | ends with 1 and says nothing |
 * | reset | is killed before it does anything |
 * | throttled | says "Error Code: RequestLimitExceeded" and ends with 1, as the AWS providers do |
 * | lost-answer | did its work, and is killed before it prints |
 */
export const MISHAPS: Readonly<Record<Fault, { when: 'instead' | 'after'; shell(answer: string): string }>> = {
  unauthorized: { when: 'instead', shell: () => 'exit 126' },
  html: { when: 'instead', shell: () => 'echo "<html><body>Service</body></html>"; exit 0' },
  empty: { when: 'after', shell: () => 'exit 0' },
  hang: { when: 'instead', shell: () => 'sleep 600' },
  truncated: { when: 'after', shell: (answer) => `head -c $(($(wc -c < '${answer}') / 2)) '${answer}'; exit 0` },
  unavailable: { when: 'instead', shell: () => 'exit 1' },
  reset: { when: 'instead', shell: () => 'kill -9 $$' },
  throttled: {
    when: 'instead',
    shell: () => `echo '{"requestId":null,"message":"Request failed. Error Code: RequestLimitExceeded"}'; exit 1`,
  },
  'lost-answer': { when: 'after', shell: () => 'kill -9 $$' },
};
