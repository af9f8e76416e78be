import { holdToContract } from './suite.ts';

holdToContract('vsphere');
