import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type App, CfnParameter, CfnRule, Fn, type Stack } from 'aws-cdk-lib';
import { type CheckedConnections, ConnectionsError, readConnections } from './connections.ts';

const EXAMPLE = fileURLToPath(new URL('../connections.example.json', import.meta.url));

/**
 * Makes the stack of an app in this repository with the connections of `-c connections=FILE`, else POLLUX_CONNECTIONS, else
 * ./connections.json, else the example, which can be looked at in every way but not deployed. Ends the process with the
 * problems of a file that has some.
 */
export function makeStack(app: App, make: (connections: CheckedConnections) => Stack): void {
  const named = app.node.tryGetContext('connections') || process.env.POLLUX_CONNECTIONS;
  const connections = read(named || (existsSync('connections.json') ? 'connections.json' : EXAMPLE));
  const stack = make(connections);
  if (!isDeepStrictEqual(connections, readConnections(EXAMPLE))) return;
  console.warn(
    'Taking the connections of connections.example.json, whose endpoints do not exist: CloudFormation will refuse to deploy them.\n' +
      'Put your own into connections.json, or name another file: -c connections=FILE',
  );
  refuseDeploy(stack);
}

/**
 * Nothing tells an app whether it is run for a synth, a diff or a deploy, so it is CloudFormation that refuses: rules are
 * evaluated before anything is made or changed.
 */
function refuseDeploy(stack: Stack): void {
  const wanted = new CfnParameter(stack, 'DeployExample', {
    description: 'Whether to deploy the connections of connections.example.json although their endpoints do not exist',
    allowedValues: ['no', 'yes'],
    default: 'no',
  });
  new CfnRule(stack, 'ConnectionsAreNotTheExample', {
    assertions: [
      {
        assert: Fn.conditionEquals(wanted, 'yes'),
        assertDescription:
          'These are the connections of connections.example.json, whose endpoints do not exist. Put your own into connections.json.',
      },
    ],
  });
}

function read(file: string): CheckedConnections {
  try {
    return readConnections(file);
  } catch (error) {
    if (!(error instanceof ConnectionsError)) throw error;
    // The message says it all; a stack trace would only push it off the screen.
    console.error(error.message);
    process.exit(1);
  }
}
