import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { LOOP_GENERATION } from '../shared/loop/soft-state.ts';
import { acknowledge } from './acknowledge.ts';
import { makeVendedLogGroup } from './logs.ts';
import type { Settings } from './settings.ts';

/** Check, Next?, Wait: what a turn of a loop is billed for. */
export const TRANSITIONS_PER_TICK = 3;

/** Of one attempt. */
export const CHECK_TIMEOUT_SECONDS = 90;
/** Errors of Lambda itself, as https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html has them. */
export const NOT_RUN = [
  'Lambda.TooManyRequestsException',
  'Lambda.ServiceException',
  'Lambda.SdkClientException',
  'Lambda.AWSLambdaException',
] as const;

/**
 * The state machine whose executions are the loops of one platform's connections. One turn is three transitions, however
 * many jobs it looks at: Check, Next?, Wait.
 *
 * It starts with `{ platform, connection, epoch }`; a turn carries `{ …, next, waitSeconds, state }` to the following one.
 */
export function waitLoopDefinition(checkJobsArn: string): Record<string, unknown> {
  return {
    Comment: 'Looks after all jobs of one connection, for as long as there are any',
    StartAt: 'Check',
    States: {
      Check: {
        Type: 'Task',
        Resource: checkJobsArn,
        Parameters: {
          'input.$': '$',
          // From here and not from the environment: the function would depend on the state machine that depends on it.
          'stateMachineArn.$': '$$.StateMachine.Id',
          'retryCount.$': '$$.State.RetryCount',
          generation: LOOP_GENERATION,
        },
        // Longer than check-jobs may take (60 s). An answer that is lost on its way is waited for no longer than this, and the
        // turn is repeated in place; without it a task waits for a year.
        TimeoutSeconds: CHECK_TIMEOUT_SECONDS,
        Retry: [
          // The function was not run: the account has no room, or Lambda is ill. That passes for all loops at once, so a loop
          // that failed would only be started again, without what it remembers. Some eight minutes, with a jitter that keeps
          // the loops from coming back together.
          {
            ErrorEquals: [...NOT_RUN],
            IntervalSeconds: 2,
            BackoffRate: 2,
            MaxAttempts: 20,
            MaxDelaySeconds: 60,
            JitterStrategy: 'FULL',
          },
          // About half a minute in all. When it did not help, the execution fails; EventBridge tells reconcile, which starts
          // the next epoch. Endless retries here would only hide that.
          { ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 4, JitterStrategy: 'FULL' },
        ],
        Next: 'Next?',
      },
      'Next?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.next', StringEquals: 'wait', Next: 'Wait' },
          { Variable: '$.next', StringEquals: 'check', Next: 'Check' },
        ],
        Default: 'Done',
      },
      Wait: { Type: 'Wait', SecondsPath: '$.waitSeconds', Next: 'Check' },
      Done: { Type: 'Succeed' },
    },
  };
}

export interface WaitLoopProps {
  checkJobs: lambda.IFunction;
  settings: Settings;
}

export class WaitLoop extends Construct {
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, { checkJobs, settings }: WaitLoopProps) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      description: 'Pollux: a wait-loop calls its check-jobs',
      ...(settings.rolePath !== undefined && { path: settings.rolePath }),
    });
    // The function alone; CDK's own grant would open all its versions too.
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [checkJobs.functionArn] }),
    );
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      comment: 'Pollux: a wait-loop',
      definitionBody: sfn.DefinitionBody.fromString(
        Stack.of(this).toJsonString(waitLoopDefinition(checkJobs.functionArn)),
      ),
      stateMachineType: sfn.StateMachineType.STANDARD,
      role,
      tracingEnabled: settings.tracing,
      logs: {
        destination: makeVendedLogGroup(this, 'Logs', settings),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'Delivery of logs and traces takes no resource' });
    acknowledge(this.stateMachine, {
      'AwsSolutions-SF1':
        'A loop turns for years: logging every event would cost more than the loop. Errors are logged.',
      ...(!settings.tracing && {
        'AwsSolutions-SF2': 'The operator has turned traces off',
        'Serverless-StepFunctionStateMachineXray': 'The operator has turned traces off',
      }),
    });
  }
}
