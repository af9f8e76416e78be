import { holdToContract } from './suite.ts';

holdToContract('cloudstack');
