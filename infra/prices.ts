/** List prices of AWS in US East (N. Virginia), without free tiers, as of January 2026. In dollars. */
export const PRICES = {
  /** Step Functions, standard workflows: each state entered or retried. */
  stateTransition: 25 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** On arm64, which the stack configures. */
  lambdaGigabyteSecond: 0.0000133334,
  /** DynamoDB on demand: 1 KB written; 4 KB read with strong consistency. */
  dynamoWriteUnit: 0.625 / 1e6,
  dynamoReadUnit: 0.125 / 1e6,
  dynamoGigabyteMonth: 0.25,
  /** EventBridge, custom events, for each 64 KB. */
  event: 1 / 1e6,
  /** HTTP API, requests. */
  httpRequest: 1 / 1e6,
  /** CloudWatch: a metric of one's own, an alarm on one metric, a dashboard; each for a month. */
  customMetricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  logGigabyte: 0.5,
  secretMonth: 0.4,
} as const;
