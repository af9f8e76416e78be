import type { Target } from './target.ts';
import { bodies } from './targets/bodies.ts';
import { connectionsFile } from './targets/connections-file.ts';
import { eventPattern } from './targets/event-pattern.ts';
import { handles } from './targets/handles.ts';
import { localHttp } from './targets/local-http.ts';
import { names } from './targets/names.ts';
import { platformAnswers } from './targets/platform-answers.ts';
import { requests } from './targets/requests.ts';
import { softState } from './targets/soft-state.ts';
import { xml, xmlSeeds } from './targets/xml.ts';

/** Everything that reads what others wrote; a new parser is a line here. */
export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  requests,
  names,
  xml,
  'answers-vsphere': () => platformAnswers('vsphere', xmlSeeds()),
  'answers-cloudstack': () => platformAnswers('cloudstack'),
  'answers-f5-vcmp': () => platformAnswers('f5-vcmp'),
  'answers-symphony': () => platformAnswers('symphony'),
  'answers-bmc': () => platformAnswers('bmc'),
  handles,
  'soft-state': softState,
  'connections-file': connectionsFile,
  'event-pattern': eventPattern,
  'local-http': localHttp,
  bodies,
};

/** Need bundles, a table, simulators or 50 MB, so that `npm test` leaves them to `npm run fuzz`. */
export const SLOW_TO_OPEN = ['requests', 'names', 'bodies', 'handles'];
