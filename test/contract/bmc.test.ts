import { holdToContract } from './suite.ts';

holdToContract('bmc');
