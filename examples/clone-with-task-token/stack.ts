import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
// With the package installed: from 'pollux'.
import type { Connections } from '../../infra/connections.ts';
import { Pollux } from '../../infra/pollux.ts';

export interface CloneStackProps extends StackProps {
  connections: Connections;
  /** Of vSphere, in which the clone is made. */
  connection: string;
}

const DEADLINE_SECONDS = 7200;
/** Longer than the job's own deadline, so that it is Pollux that says TIMED_OUT, with the job in the cause. */
const TASK_TIMEOUT_SECONDS = DEADLINE_SECONDS + 600;

/** A state machine that clones a VM and goes on when the clone is there. Input: `{ "vm", "folder", "name" }`. */
export class CloneStack extends Stack {
  constructor(scope: Construct, id: string, { connections, connection, ...props }: CloneStackProps) {
    super(scope, id, props);
    const pollux = new Pollux(this, 'Pollux', { connections });

    const cloned = new sfn.Pass(this, 'Cloned', {
      parameters: { 'vm.$': '$.resource.id', 'name.$': '$$.Execution.Input.name', 'completedAt.$': '$.completedAt' },
    });
    const machine = new sfn.StateMachine(this, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromChainable(
        this.#clone(pollux, connection)
          .addCatch(this.#failed(), { errors: ['Pollux.FAILED'], resultPath: '$.end' })
          .addCatch(this.#undecided(), { errors: ['Pollux.TIMED_OUT', 'Pollux.LOST'], resultPath: '$.end' })
          // CANCELED, and what API Gateway answered to the submit (`ApiGateway.422`), end the execution as they are.
          .next(cloned),
      ),
    });
    pollux.grantSubmit(machine, `vsphere/${connection}`);
    pollux.allowCallbacks(machine);
  }

  /**
   * Waits without polling and without a bill: the job carries the task's token, and Pollux completes it. The output is the
   * job. The key makes all attempts of this execution one clone; whoever redrives the execution wants another one.
   */
  #clone(pollux: Pollux, connection: string): sfn.CustomState {
    const clone = new sfn.CustomState(this, 'Clone', {
      stateJson: {
        Type: 'Task',
        Resource: `arn:${Aws.PARTITION}:states:::apigateway:invoke.waitForTaskToken`,
        TimeoutSeconds: TASK_TIMEOUT_SECONDS,
        Parameters: {
          ApiEndpoint: `${pollux.api.api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`,
          Method: 'POST',
          Path: `/v1/vsphere/${connection}/jobs`,
          AuthType: 'IAM_ROLE',
          Headers: {
            'Idempotency-Key.$': "States.Array(States.Format('{}-{}', $$.Execution.Name, $$.Execution.RedriveCount))",
          },
          RequestBody: {
            operation: 'CloneVM_Task',
            target: { type: 'VirtualMachine', 'value.$': '$.vm' },
            arguments: {
              folder: { _typeName: 'ManagedObjectReference', type: 'Folder', 'value.$': '$.folder' },
              'name.$': '$.name',
              spec: { location: {}, powerOn: true, template: false },
            },
            labels: { 'execution.$': '$$.Execution.Name' },
            deadlineSeconds: DEADLINE_SECONDS,
            'taskToken.$': '$$.Task.Token',
          },
        },
      },
    });
    // After 500, 502, 503 and 504 nobody knows whether the clone was started (a 503 may be API Gateway's own, for a function
    // that took too long): the next attempt finds the job under the same key.
    const passing = ['429', '500', '502', '503', '504'].map((status) => `ApiGateway.${status}`);
    return clone.addRetry({ errors: passing, maxAttempts: 5 });
  }

  /** The cause is the job as JSON; its error is vSphere's own. */
  #failed(): sfn.IChainable {
    const read = new sfn.Pass(this, 'Read job', { parameters: { 'job.$': 'States.StringToJson($.end.Cause)' } });
    return read.next(
      new sfn.Fail(this, 'Clone failed', { errorPath: '$.job.error.code', causePath: '$.job.error.message' }),
    );
  }

  /** Nobody knows whether the clone was, or will be, made: doing it again by itself could make two. */
  #undecided(): sfn.IChainable {
    return new sfn.Fail(this, 'Look for the VM first', { errorPath: '$.end.Error', causePath: '$.end.Cause' });
  }
}
