const WORDS =
  /\b(session|token|ticket)\b[^.]{0,60}\b(expired|ended|invalid|not valid|timed? ?out|terminated|not found|unknown|no longer)|\b(expired|invalid|no valid|unknown|missing)\b[^.]{0,30}\b(session|token|ticket)\b|\bnot (logged|signed) ?[io]n\b|\b(log|sign) ?[io]n again\b|\b(un|not )authenticated\b|\bauthentication (is )?required\b/i;

const MAX_TEXT = 4000;
const MAX_PAGE = 100_000;

/** The page of a sign-on server; any other page may be a proxy's, for whatever reason. */
const LOGIN_PAGE = /<input[^>]{0,500}\btype\s*=\s*["']?password/i;

/** Whether an answer that is no answer to the call says that there is no session for it (any more). */
export function saysSessionEnded(body: string): boolean {
  return WORDS.test(body.slice(0, MAX_TEXT));
}

export function isLoginPage(body: string): boolean {
  return LOGIN_PAGE.test(body.slice(0, MAX_PAGE));
}
