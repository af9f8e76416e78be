/** How long a call of an AWS service may take, and how often it is tried. */
interface CallLimits {
  maxAttempts: number;
  requestTimeout: number;
}

/** A new connection inside of a region takes milliseconds. */
const CONNECTION_TIMEOUT_MS = 1000;

/**
 * The SDK has no time-outs of its own but those of idle sockets, 300 s and more: longer than any function runs. A connection
 * that died while the function was frozen would hold a call until the function's own end. Services answer within
 * milliseconds, and a try that was given up goes over a new connection. Four tries of 5 s fit into the function that has 29 s.
 */
const LIMITS: CallLimits = { maxAttempts: 4, requestTimeout: 5000 };
const LIMITS_BY_CLIENT: Readonly<Record<string, CallLimits>> = {
  // One attempt: the client's own retry after a lost answer would run a script twice. It may take as long as its caller waits.
  SSMClient: { maxAttempts: 1, requestTimeout: 10_000 },
};

/** The one place where a client of an AWS service is made. */
export function awsClient<C>(Client: new (settings: object) => C, settings: { region?: string } = {}): C {
  const { maxAttempts, requestTimeout } = LIMITS_BY_CLIENT[Client.name] ?? LIMITS;
  return new Client({
    maxAttempts,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout,
      throwOnRequestTimeout: true,
      // After the head of an answer: of silence in the middle of its body.
      socketTimeout: requestTimeout,
    },
    ...settings,
  });
}
