import { holdToContract } from './suite.ts';

holdToContract('f5-vcmp');
