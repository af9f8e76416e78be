/** Made of the schemas by `npm run types`. */

/** What the body of a submit or an adoption may have on every platform. */
export type CommonFields = {
  /** Text of your own, shown with the job and in its event: rules can match on it */
  labels?: {
    [name: string]: string;
  };
  /** The job is TIMED_OUT when it is not over by then; the platform may go on */
  deadlineSeconds?: number;
  /** Step Functions task token to complete when the job is over */
  taskToken?: string;
};

export type VsphereSubmit = {
  operation: string;
  target: {
    type: string;
    value: string;
  };
  /** Of a *_Task method only */
  arguments?: {
    [name: string]: unknown;
  };
  /** Of CreateTask only */
  task?: {
    /** Id of the type of task, as an extension registered it at the vCenter: `com.example.backup` */
    taskTypeId: string;
    /** Whether a cancel may be requested; the worker must look for it (default false) */
    cancelable?: boolean;
    /** Name of the user on whose behalf the task is created */
    initiatedBy?: string;
    /** Key of the task of which this one is a part */
    parentTaskKey?: string;
    /** Token of your own that TaskInfo shows; Pollux sets one unless you do */
    activationId?: string;
  };
};

export type VsphereAdoption = {
  operation: string;
  adopt: {
    task: string;
  };
};

export type CloudstackSubmit = {
  /** An asynchronous command of the CloudStack API: those with an (A) in its reference */
  operation: string;
  /** The parameters of the command; lists and maps as JSON lists and objects */
  parameters?: {
    [name: string]:
      | (string | number | boolean)
      | (string | number | boolean)[]
      | {
          [name: string]: string | number | boolean;
        }
      | {
          [name: string]: string | number | boolean;
        }[];
  };
};

export type CloudstackAdoption = {
  /** An asynchronous command of the CloudStack API: those with an (A) in its reference */
  operation: string;
  adopt: {
    /** As the submit answered it: a UUID, or a number on servers before 3.0 */
    jobid: string | number;
  };
};

export type F5VcmpSubmit =
  | {
      operation: 'set_guest_state';
      /** Plain names of guests */
      guests: string[];
      /** configured: no hardware; provisioned: disk made and image installed; deployed: the virtual machine runs */
      state: 'VCMP_GUEST_STATE_CONFIGURED' | 'VCMP_GUEST_STATE_PROVISIONED' | 'VCMP_GUEST_STATE_DEPLOYED';
    }
  | {
      operation: 'create';
      /** Plain names of guests */
      guests: string[];
      /** Host name inside each guest */
      hostnames: string[];
      /** Image on the host that each guest is installed from */
      images: string[];
      /** Management address of each guest */
      addresses: {
        address: string;
        netmask: string;
      }[];
      /** Management gateway of each guest */
      gateways: string[];
      /** VLANs that each guest may use, as /Common/internal */
      vlans: string[][];
      /** Asked for by a set_guest_state after the create; configured unless told */
      state?: 'VCMP_GUEST_STATE_CONFIGURED' | 'VCMP_GUEST_STATE_PROVISIONED' | 'VCMP_GUEST_STATE_DEPLOYED';
    }
  | {
      operation: 'delete_guest';
      /** Plain names of guests */
      guests: string[];
    };

export type F5VcmpAdoption = {
  operation: 'set_guest_state';
  /** Plain names of guests */
  guests: string[];
  /** configured: no hardware; provisioned: disk made and image installed; deployed: the virtual machine runs */
  state: 'VCMP_GUEST_STATE_CONFIGURED' | 'VCMP_GUEST_STATE_PROVISIONED' | 'VCMP_GUEST_STATE_DEPLOYED';
  adopt: Record<string, never>;
};

export type SymphonySubmit =
  | {
      operation: 'requestMachines';
      template: {
        /** As getAvailableTemplates lists it */
        templateId: string;
        /** How many machines must come (or units of capacity, see capacityUnits): it decides about success, not the length of the answer */
        machineCount: number;
      };
      /** What machineCount counts, where the provider does not say it (target_units, fulfilled_units, weights of machines): units of capacity, of which the provider alone knows how many a machine has (true); units by this table, from instance types or template ids to units; or machines, whatever the provider says (false). Default: machines */
      capacityUnits?:
        | boolean
        | {
            [name: string]: number;
          };
    }
  | {
      operation: 'requestReturnMachines';
      machines: {
        /** As getRequestStatus names it */
        machineId: string;
        /** Host name: some providers go by the one, some by the other */
        name: string;
      }[];
    };

export type SymphonyAdoption =
  | {
      operation: 'requestMachines';
      adopt: {
        /** The provider's own id, not the number that HF's REST API shows */
        requestId: string;
        /** How many machines must come (or units of capacity, see capacityUnits): it decides about success, not the length of the answer */
        machineCount: number;
        /** What machineCount counts, where the provider does not say it (target_units, fulfilled_units, weights of machines): units of capacity, of which the provider alone knows how many a machine has (true); units by this table, from instance types or template ids to units; or machines, whatever the provider says (false). Default: machines */
        capacityUnits?:
          | boolean
          | {
              [name: string]: number;
            };
      };
    }
  | {
      operation: 'requestReturnMachines';
      adopt: {
        /** The provider's own id, not the number that HF's REST API shows */
        requestId: string;
        /** How many machines must come (or units of capacity, see capacityUnits): it decides about success, not the length of the answer */
        machineCount?: number;
      };
    };

export type BmcSubmit = {
  /** operation-name of an operation of the VMware adapter that starts a task */
  operation: string;
  /** operation-type: its group, as Basic_Vm, Advanced_Vm, Configure_Vm */
  operationType: string;
  /** The elements inside <parameters>, as { "virtual-machine": "web01" } */
  parameters: {
    [name: string]: unknown;
  };
};

export type BmcAdoption = {
  operation: string;
  adopt: {
    task: string;
  };
};

export type TaskSubmit = {
  /** What the worker does, in your own words: `rebuild-index` */
  operation: string;
  /** What is shown until the worker reports */
  description?: string;
  /** Whether a cancel may be requested; the worker must look for it (default false) */
  cancelable?: boolean;
  /** The job is LOST when no report came for this long, from the submit on */
  heartbeatSeconds?: number;
};

export type TaskAdoption = {
  operation: string;
  adopt: never;
};

/** Bodies of `POST …/jobs`, by platform, without the common fields. */
export interface Requests {
  vsphere: { submit: VsphereSubmit; adopt: VsphereAdoption };
  cloudstack: { submit: CloudstackSubmit; adopt: CloudstackAdoption };
  'f5-vcmp': { submit: F5VcmpSubmit; adopt: F5VcmpAdoption };
  symphony: { submit: SymphonySubmit; adopt: SymphonyAdoption };
  bmc: { submit: BmcSubmit; adopt: BmcAdoption };
  task: { submit: TaskSubmit; adopt: TaskAdoption };
}

/** A job as the API and the events show it. */
export type Job = {
  /** ULID */
  id: string;
  platform: string;
  connection: string;
  /** In the platform's own name */
  operation: string;
  status:
    | 'SUBMITTING'
    | 'QUEUED'
    | 'RUNNING'
    | 'SUCCEEDED'
    | 'PARTIALLY_SUCCEEDED'
    | 'FAILED'
    | 'CANCELED'
    | 'SUPERSEDED'
    | 'TIMED_OUT'
    | 'LOST';
  progress?: number;
  message?: string;
  parts?: {
    id: string;
    name?: string;
    status:
      | 'SUBMITTING'
      | 'QUEUED'
      | 'RUNNING'
      | 'SUCCEEDED'
      | 'PARTIALLY_SUCCEEDED'
      | 'FAILED'
      | 'CANCELED'
      | 'SUPERSEDED'
      | 'TIMED_OUT'
      | 'LOST';
    message?: string;
  }[];
  platformJobId?: string;
  resource?: {
    type: string;
    id: string;
  };
  result?: unknown;
  resultTruncated?: boolean;
  error?: {
    /** The platform's name or number for it */
    code: string;
    message: string;
    retryable?: boolean;
    outcomeUncertain?: boolean;
    details?: {
      [name: string]: unknown;
    };
  };
  /** The platform could not be reached or logged in to, so nothing was started */
  neverSubmitted?: boolean;
  /** Since when no look has told the state */
  unknownSince?: string;
  unknownReason?: string;
  cancelRequestedAt?: string;
  createdAt: string;
  startedAt?: string;
  completedAt?: string;
  deadline: string;
  /** How often it had been looked at when it was last written */
  looks?: number;
  labels?: {
    [name: string]: string;
  };
};

export type Connection = {
  platform: string;
  connection: string;
  /** What can be asked of its jobs at all; a single job may refuse it */
  capabilities: {
    cancel: boolean;
    report: boolean;
  };
  health: 'UNKNOWN' | 'UP' | 'DOWN';
  healthSince?: string;
  healthReason?: string;
  loop: {
    state: 'open' | 'closed';
    epoch: number;
    lastTickAt?: string;
    nextTickAt?: string;
  };
};

export type ConnectionCheck = {
  platform: string;
  connection: string;
  ok: boolean;
  /** How long the platform took to answer */
  milliseconds: number;
  problem?: {
    /** permanent: an operator must act */
    kind: 'transient' | 'permanent' | 'not_found';
    code: string;
    message: string;
    retryAfterSeconds?: number;
  };
};

export type Report = {
  state?: 'running' | 'success' | 'error';
  /** Percent; clamped to 0..100. Only while running */
  progress?: number;
  /** What is being done right now */
  description?: string;
  /** Only with the state success; kept up to 16 KiB */
  result?: unknown;
  /** Only with the state error */
  fault?: {
    /** RequestCanceled: the job ends CANCELED */
    code: string;
    /** For people */
    message?: string;
    details?: {
      [name: string]: unknown;
    };
  };
};
