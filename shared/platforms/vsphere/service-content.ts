import type { CheckFailure } from '../../job/outcome.ts';
import { attribute, child, text, type XmlElement } from '../../xml/parse.ts';
import { post, type VsphereContext } from './endpoint.ts';
import type { MoRef } from './moref.ts';
import { envelope, readAnswer } from './soap.ts';

/** The one reference that every server has under the same name; all others are read from it. */
export const SERVICE_INSTANCE: MoRef = { type: 'ServiceInstance', value: 'ServiceInstance' };

/** The singletons that we use: `SessionManager` on vCenter is `ha-sessionmgr` on ESXi. */
export interface ServiceContent {
  propertyCollector: MoRef;
  sessionManager: MoRef;
  /** Absent where there is none; then there is no history and nothing can be found again. */
  taskManager?: MoRef;
  singletons: readonly MoRef[];
  apiVersion: string;
  /** Which vCenter this is; absent on ESXi. `task-42` exists on every one. */
  instanceUuid?: string;
}

/** The lowest API version that makes sense; asks for the service content, which names the server's own. */
const FIRST_API_VERSION = '6.0';

/** Needs no login. */
export async function readServiceContent(context: VsphereContext, signal?: AbortSignal): Promise<ServiceContent> {
  const method = 'RetrieveServiceContent';
  const body = envelope(method, SERVICE_INSTANCE, []);
  const response = await post(context, body, FIRST_API_VERSION, { operation: method, ...(signal && { signal }) });
  if (response.status === 404) throw new WrongPath();
  const [content] = readAnswer(method, response, context.now());
  return serviceContentOf(content);
}

/** Stored with every job. A UUID has 36 characters; what is longer is still the same each time. */
const MAX_UUID = 100;

/** A server that starts answers otherwise before it knows the path; see 503 among the answers. */
class WrongPath extends Error {
  override readonly name = 'WrongPath';
  readonly failure: CheckFailure = {
    kind: 'permanent',
    code: 'HTTP 404',
    message: 'RetrieveServiceContent was answered with HTTP 404: the path of the url is wrong (it should be /sdk)',
  };
}

class NoServiceContent extends Error {
  override readonly name = 'NoServiceContent';
  readonly failure: CheckFailure = {
    kind: 'transient',
    code: 'NoServiceContent',
    message:
      'RetrieveServiceContent was answered without a property collector or session manager: is the url that of /sdk?',
  };
}

function serviceContentOf(content: XmlElement | undefined): ServiceContent {
  const reference = (name: string): MoRef | undefined => {
    const found = content && child(content, name);
    return found && { type: attribute(found, 'type') ?? '', value: found.text };
  };
  const propertyCollector = reference('propertyCollector');
  const sessionManager = reference('sessionManager');
  const taskManager = reference('taskManager');
  if (!content || !propertyCollector || !sessionManager) throw new NoServiceContent();
  const about = child(content, 'about');
  const instanceUuid = about && text(about, 'instanceUuid')?.slice(0, MAX_UUID);
  return {
    propertyCollector,
    sessionManager,
    ...(taskManager && { taskManager }),
    singletons: [propertyCollector, sessionManager, ...(taskManager ? [taskManager] : [])],
    apiVersion: (about && text(about, 'apiVersion')) || '6.0',
    ...(instanceUuid && { instanceUuid }),
  };
}
