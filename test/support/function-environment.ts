/** What every function finds in its environment, so that it can be loaded; nothing behind it is there. */
export const FUNCTION_ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  POLLUX_TABLE: 't',
  POLLUX_BUS: 'b',
  POLLUX_LOOPS: '{}',
  POLLUX_LOOP_ARN: 'a',
};
