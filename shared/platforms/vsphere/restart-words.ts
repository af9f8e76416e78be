/** What carries tasks out, and ends under them when it is restarted. */
const SERVER =
  '(?:vpxd|vpxa|hostd|v ?center(?: server)?|virtual ?center|(?:the|this|management|esxi?|platform) (?:server|host|peer)|peer(?: \\S{1,60})?|orchestrator|grid)';
const END = '(?:re-?start|re-?boot|shut ?down|crash|fail-?over)';

const FORMS: readonly RegExp[] = [
  // "vpxd restarted", "the server is shutting down", "the peer was stopped"
  new RegExp(
    `\\b${SERVER}(?: (?:service|process|has|have|had|was|were|is|been|being|just|unexpectedly))* (?:re-?start(?:ed|ing)|re-?boot(?:ed|ing)|shut(?:ting)? ?down|stopp(?:ed|ing)|terminat(?:ed|ing)|crashed|died|killed|(?:went|going) down|fail(?:ed|ing) over)\\b`,
    'i',
  ),
  // "a vCenter Server restart", "a restart of vpxd"
  new RegExp(`\\b${SERVER} (?:service )?${END}\\b`, 'i'),
  new RegExp(`\\b(?:${END}|restarting|rebooting|shutting down) (?:of )?(?:the )?${SERVER}\\b`, 'i'),
  // "process terminated by shutdown", "interrupted due to a restart"
  new RegExp(
    `\\b(?:interrupted|terminated|aborted|cancell?ed|killed|stopped|failed|ended) (?:by|due to|because of|during|on|after|at) (?:(?!guest|virtual machine|\\bvm\\b|tools).){0,40}\\b${END}\\b`,
    'i',
  ),
];

/** Advice, or what was not done: "requires a restart of the host", "could not be restarted", "cannot shut down". */
const NOT_DONE = /\b(?:requires?|required|must|needs?|has to|please|cannot|can not|could not|unable to|failed to)\b/i;

const MAX_TEXT = 4000;

/**
 * Whether a failure says that the server which did the work was restarted or ended meanwhile. Then nobody has seen the end of
 * that work: what was begun on a host may have gone on. There is no type of fault for it, and the words are the server's.
 */
export function tellsOfRestart(text: string): boolean {
  return text
    .slice(0, MAX_TEXT)
    .replace(/\s+/g, ' ')
    .split(/(?<=[.;!?]) /)
    .some((sentence) => !NOT_DONE.test(sentence) && FORMS.some((form) => form.test(sentence)));
}
