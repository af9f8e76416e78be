import { App } from 'aws-cdk-lib';
import { makeStack } from '../../infra/app-connections.ts';
import { CloneStack } from './stack.ts';

const app = new App();
const connection = app.node.tryGetContext('connection') ?? 'dc1';
makeStack(app, (connections) => new CloneStack(app, 'Clone', { connections, connection }));
