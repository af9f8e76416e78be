import { holdToContract } from './suite.ts';

holdToContract('symphony');
