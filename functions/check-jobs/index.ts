import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { SFNClient } from '@aws-sdk/client-sfn';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { awsClient } from '../../shared/aws/client.ts';
import { EventBridgeBus } from '../../shared/events/eventbridge.ts';
import { keepFinishedSeconds } from '../../shared/job/retention.ts';
import { connectionsBesideCode, variable } from '../../shared/lambda/environment.ts';
import { siblingsIn } from '../../shared/lambda/job-function.ts';
import { asLog, createLogger } from '../../shared/lambda/logger.ts';
import { createMetrics } from '../../shared/lambda/metrics.ts';
import { StepFunctionsCallbacks, StepFunctionsExecutions } from '../../shared/loop/executions.ts';
import { planLimits } from '../../shared/loop/limits.ts';
import { pause } from '../../shared/loop/patience.ts';
import type { LoopInput, LoopOutput } from '../../shared/loop/soft-state.ts';
import { tick } from '../../shared/loop/tick.ts';
import type { AdapterRuntime } from '../../shared/platforms/adapter.ts';
import { connector } from '../../shared/platforms/connect.ts';
import { ledgersIn } from '../../shared/platforms/login-ledger.ts';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';
import { DynamoStore } from '../../shared/store/dynamodb.ts';

/** What the state Check of the wait-loop sends. */
export interface CheckEvent {
  input: LoopInput;
  stateMachineArn: string;
  retryCount?: number;
  /** `LOOP_GENERATION` of the definition by which the execution runs; the first definition did not send it. */
  generation?: number;
}

/** The answer must be on its way this long before the function's time is over. */
const MARGIN_MS = 5_000;

/** One turn of a connection's wait-loop. */
export function handlerFor(adapter: AdapterRuntime): (event: CheckEvent, context: Context) => Promise<LoopOutput> {
  const logger = createLogger();
  const metrics = createMetrics();
  const shared = {
    now: Date.now,
    random: Math.random,
    pause,
    log: asLog(logger),
    keepFinishedSeconds: keepFinishedSeconds(),
  };
  const store = new DynamoStore(variable('POLLUX_TABLE'), undefined, undefined, (of, gigabytes) =>
    metrics.count('ItemCollectionSize', gigabytes, of),
  );
  const bus = new EventBridgeBus(variable('POLLUX_BUS'), shared.log);
  const stepFunctions = awsClient(SFNClient);
  const callbacks = new StepFunctionsCallbacks(shared.log, stepFunctions);
  const connections = connectionsBesideCode()[adapter.platform] ?? {};
  const siblings = siblingsIn(adapter.platform, connections);
  const connect = connector(adapter, connections, {
    ...shared,
    secrets: new SecretsManagerStore(),
    logins: ledgersIn(store),
  });

  const check = async (
    { input, stateMachineArn, retryCount, generation = 1 }: CheckEvent,
    context: Context,
  ): Promise<LoopOutput> => {
    logger.appendKeys({ loop: `${input.platform}/${input.connection}`, epoch: input.epoch });
    const connection = connect(input.connection);
    if (connection === undefined) {
      // Reconcile ends its jobs. It may never have seen the connection: it knows what its own version was deployed with.
      await store.noteConnection(input);
      return removed(input);
    }
    const ports = {
      ...shared,
      ...connection,
      store,
      bus,
      callbacks,
      executions: new StepFunctionsExecutions(() => stateMachineArn, stepFunctions),
      bounds: adapter.bounds,
      limits: planLimits(adapter, connection.options),
      siblings,
      metrics,
    };
    const endBy = Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
    return tick(ports, input, { retryCount: retryCount ?? 0, endBy, generation });
  };
  return middy<CheckEvent, LoopOutput>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({ after: () => metrics.flush(), onError: () => metrics.flush() })
    .handler(check) as unknown as (event: CheckEvent, context: Context) => Promise<LoopOutput>;
}

/** The connection was taken out of the connections file: reconcile ends its jobs. */
function removed({ platform, connection, epoch }: LoopInput): LoopOutput {
  return {
    platform,
    connection,
    epoch,
    next: 'done',
    waitSeconds: 0,
    reason: 'the connection is not configured any more',
  };
}
