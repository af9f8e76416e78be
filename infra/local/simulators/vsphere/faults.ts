import { afterwards, insteadOf } from '../faults.ts';

const PAGE =
  '<!DOCTYPE html><html><body><h1>Service Unavailable</h1><p>Failed to connect to endpoint</p></body></html>';

export const INSTEAD = insteadOf('text/xml', PAGE);
export const AFTERWARDS = afterwards('text/xml');
