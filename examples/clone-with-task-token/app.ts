import { App } from 'aws-cdk-lib';
import { readConnections } from '../../infra/connections.ts';
import { CloneStack } from './stack.ts';

const app = new App();
const file = app.node.tryGetContext('connections') ?? 'connections.example.json';
new CloneStack(app, 'Clone', { connections: readConnections(file), connection: 'dc1' });
