import { holdToContract } from './suite.ts';

holdToContract('task');
