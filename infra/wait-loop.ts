import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Check, Next?, Wait: what a turn of a loop is billed for. */
export const TRANSITIONS_PER_TICK = 3;

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
        },
        // About half a minute in all. When it did not help, the execution fails; its heartbeat is then overdue, and
        // reconcile starts the next epoch within a minute. Endless retries here would only hide that.
        Retry: [
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
  logRetention: logs.RetentionDays;
}

export class WaitLoop extends Construct {
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: WaitLoopProps) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
      description: 'Pollux: a wait-loop calls its check-jobs',
    });
    // The function alone; CDK's own grant would open all its versions too.
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [props.checkJobs.functionArn] }),
    );
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      comment: 'Pollux: a wait-loop',
      definitionBody: sfn.DefinitionBody.fromString(
        Stack.of(this).toJsonString(waitLoopDefinition(props.checkJobs.functionArn)),
      ),
      stateMachineType: sfn.StateMachineType.STANDARD,
      role,
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'Logs', {
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'Delivery of logs and traces takes no resource' });
    acknowledge(this.stateMachine, {
      'AwsSolutions-SF1':
        'A loop turns for years: logging every event would cost more than the loop. Errors are logged.',
    });
  }
}
