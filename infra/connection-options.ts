/** Made of the schemas by `npm run types`. */

/** A connection to VMware vSphere */
export type VsphereConnection = {
  /** Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file */
  secret: string;
  /** PEM file with the certificate authorities to trust for this endpoint */
  caFile?: string;
  /** The PEM text itself; what caFile becomes when the connections file is read */
  ca?: string;
  /** SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer */
  thumbprint?: string;
  /** For one request to the platform (default 10); all requests of a submit have 20 s together, those of a poll about half a minute */
  requestTimeoutSeconds?: number;
  /** Budget of requests to this endpoint (default 20) */
  maxRequestsPerSecond?: number;
  /** Requests under way at once (default 4) */
  maxConcurrentRequests?: number;
  /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
  deadlineSeconds?: number;
  /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
  lookCostSeconds?: number;
  /** Send credentials over plain http to another host than loopback */
  allowPlainHttp?: boolean;
  /** The SOAP endpoint of a vCenter or an ESXi host, as https://vc.example.com/sdk */
  url: string;
  /** API version to speak instead of the one that the server names; a newer one than the server's is refused */
  apiVersion?: string;
};

/** A connection to Apache CloudStack */
export type CloudstackConnection = {
  /** Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file */
  secret: string;
  /** PEM file with the certificate authorities to trust for this endpoint */
  caFile?: string;
  /** The PEM text itself; what caFile becomes when the connections file is read */
  ca?: string;
  /** SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer */
  thumbprint?: string;
  /** For one request to the platform (default 10); all requests of a submit have 20 s together, those of a poll about half a minute */
  requestTimeoutSeconds?: number;
  /** Budget of requests to this endpoint (default 20) */
  maxRequestsPerSecond?: number;
  /** Requests under way at once (default 4) */
  maxConcurrentRequests?: number;
  /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
  deadlineSeconds?: number;
  /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
  lookCostSeconds?: number;
  /** Send credentials over plain http to another host than loopback */
  allowPlainHttp?: boolean;
  /** The API endpoint, as https://cloud.example.com/client/api */
  url: string;
  /** How long a signed request may be used (default 600). A clock that is further off than this looks like a wrong key */
  signatureExpirySeconds?: number;
};

/** A connection to F5 BIG-IP vCMP */
export type F5VcmpConnection = {
  /** Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file */
  secret: string;
  /** PEM file with the certificate authorities to trust for this endpoint */
  caFile?: string;
  /** The PEM text itself; what caFile becomes when the connections file is read */
  ca?: string;
  /** SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer */
  thumbprint?: string;
  /** For one request to the platform (default 10); all requests of a submit have 20 s together, those of a poll about half a minute */
  requestTimeoutSeconds?: number;
  /** Budget of requests to this endpoint (default 20) */
  maxRequestsPerSecond?: number;
  /** Requests under way at once (default 4) */
  maxConcurrentRequests?: number;
  /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
  deadlineSeconds?: number;
  /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
  lookCostSeconds?: number;
  /** Send credentials over plain http to another host than loopback */
  allowPlainHttp?: boolean;
  /** The management address of the vCMP host, as https://viprion.example.com; /iControl/iControlPortal.cgi is added */
  url: string;
};

/** A connection to IBM Spectrum Symphony host factory */
export type SymphonyConnection =
  | {
      /** Budget of requests to this endpoint (default 20) */
      maxRequestsPerSecond?: number;
      /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
      deadlineSeconds?: number;
      /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
      lookCostSeconds?: number;
      /** Folder with requestMachines, requestReturnMachines and getRequestStatus */
      scripts: string;
      /** What HF would set for the scripts: HF_PROVIDER_NAME, HF_PROVIDER_CONFDIR, HF_PROVIDER_WORKDIR, … */
      environment?: {
        [name: string]: string | '';
      };
      /** For one run of a script (default 300, as HF's own). A getRequestStatus that takes longer than a tick goes on, and a later tick reads its answer. Not with the transport exec on AWS, where it has 35 s: use ssm there. With exec a submit has 20 s everywhere */
      requestTimeoutSeconds?: number;
      /** Scripts run at once (default 1: providers lock their state files, for a status too) */
      maxConcurrentRequests?: number;
      /** How requests and machines are written for the scripts: as lists, as HF does, which asks about many ids at once (array, the default); or as the single objects of the vendor page (object) */
      requestForm?: 'array' | 'object';
      /** What machineCount counts, where the provider does not say it (target_units, fulfilled_units, weights of machines): units of capacity, of which the provider alone knows how many a machine has (true); units by this table, from instance types or template ids to units; or machines, whatever the provider says (false). Default: machines */
      capacityUnits?:
        | boolean
        | {
            [name: string]: number;
          };
      /** How long to wait for a request that does not get on (default 7200). One that is "running" for this long and never named a machine is LOST: one provider says so of ids that it does not know. One that has ended with machines still executing, and is told in the same way for this long, ends as what it is with the machines that came: some providers never ask their cloud again */
      stallSeconds?: number;
      /** The scripts are on this machine, or in a layer of the functions */
      transport: 'exec';
    }
  | {
      /** Budget of requests to this endpoint (default 20) */
      maxRequestsPerSecond?: number;
      /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
      deadlineSeconds?: number;
      /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
      lookCostSeconds?: number;
      /** Folder with requestMachines, requestReturnMachines and getRequestStatus */
      scripts: string;
      /** What HF would set for the scripts: HF_PROVIDER_NAME, HF_PROVIDER_CONFDIR, HF_PROVIDER_WORKDIR, … */
      environment?: {
        [name: string]: string | '';
      };
      /** For one run of a script (default 300, as HF's own). A getRequestStatus that takes longer than a tick goes on, and a later tick reads its answer. Not with the transport exec on AWS, where it has 35 s: use ssm there. With exec a submit has 20 s everywhere */
      requestTimeoutSeconds?: number;
      /** Scripts run at once (default 1: providers lock their state files, for a status too) */
      maxConcurrentRequests?: number;
      /** How requests and machines are written for the scripts: as lists, as HF does, which asks about many ids at once (array, the default); or as the single objects of the vendor page (object) */
      requestForm?: 'array' | 'object';
      /** What machineCount counts, where the provider does not say it (target_units, fulfilled_units, weights of machines): units of capacity, of which the provider alone knows how many a machine has (true); units by this table, from instance types or template ids to units; or machines, whatever the provider says (false). Default: machines */
      capacityUnits?:
        | boolean
        | {
            [name: string]: number;
          };
      /** How long to wait for a request that does not get on (default 7200). One that is "running" for this long and never named a machine is LOST: one provider says so of ids that it does not know. One that has ended with machines still executing, and is told in the same way for this long, ends as what it is with the machines that came: some providers never ask their cloud again */
      stallSeconds?: number;
      /** The scripts are on the management host, reached by Systems Manager */
      transport: 'ssm';
      /** The management host: mi-… for a hybrid activation, i-… on EC2 */
      instanceId: string;
      /** Where the node is registered (default: where Pollux runs) */
      region?: string;
      /** .sh by AWS-RunShellScript (default), .bat by AWS-RunPowerShellScript */
      scriptType?: 'sh' | 'bat';
      /** The cluster administrator's account, as egoadmin. The agent is root: files that root leaves in the provider's folders break HF */
      runAs?: string;
      /** A file that the shell reads before the script runs, as /opt/ibm/spectrumcomputing/profile.platform */
      profile?: string;
    };

/** A connection to BMC Orchestrator (VMware Infrastructure adapter) */
export type BmcConnection = {
  /** Name (or ARN) of the Secrets Manager secret; on one machine a key of the secrets file */
  secret: string;
  /** PEM file with the certificate authorities to trust for this endpoint */
  caFile?: string;
  /** The PEM text itself; what caFile becomes when the connections file is read */
  ca?: string;
  /** SHA-1 or SHA-256 fingerprint that the endpoint's certificate must have, instead of a trusted issuer */
  thumbprint?: string;
  /** For one request to the platform (default 10); all requests of a submit have 20 s together, those of a poll about half a minute */
  requestTimeoutSeconds?: number;
  /** Budget of requests to this endpoint (default 20) */
  maxRequestsPerSecond?: number;
  /** Requests under way at once (default 4) */
  maxConcurrentRequests?: number;
  /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
  deadlineSeconds?: number;
  /** How many seconds of delay one look is worth: smaller looks more often (default 3) */
  lookCostSeconds?: number;
  /** Send credentials over plain http to another host than loopback */
  allowPlainHttp?: boolean;
  /** The REST base, as https://cdp.example.com:8443/baocdp/rest; with "protocol": "orca" the SOAP service, as https://cdp.example.com:8443/baocdp/orca */
  url: string;
  /** REST (7.8 and later, the default), or the older ORCA SOAP web service (7.5 and later) */
  protocol?: 'rest' | 'orca';
  /** ORCA only: the grid that runs the workflow */
  gridName?: string;
  /** The workflow that calls the adapter, by its full path */
  process: string;
  /** Name of the VMware Infrastructure adapter on the grid */
  adapter: string;
  /** The workflow's inputs (default: "adapter name", "adapter request") */
  inputs?: {
    adapter: string;
    request: string;
  };
  /** The workflow's output that holds the adapter response (default "adapter response") */
  output?: string;
  /** An output of the workflow that is filled when something went wrong, whatever else it answers */
  errorOutput?: string;
  /** How the workflow is started for an operation: sync (the default) needs a requestTimeoutSeconds longer than the workflow takes, and a workflow that takes less than 20 s, which is all that a submit has; async is carried on by the wait-loop and has no such limit */
  mode?: 'sync' | 'async';
  /** How it is started to ask for a status (default sync: takes seconds) */
  lookMode?: 'sync' | 'async';
  /** async only: how long a submit waits for its workflow before the loop carries it on (default 3) */
  submitPatienceSeconds?: number;
  /** vCenter that the adapter is to talk to, as https://vc.example.com:443/sdk/vim (default: its own configuration) */
  soapUrl?: string;
  /** How the adapter talks to vCenter (default: its own configuration) */
  transport?: 'https-rpc' | 'http-rpc';
};

/** A connection to Tasks of your own */
export type TaskConnection = {
  /** After this long a job of this connection is TIMED_OUT, unless the submit says otherwise (default 86400) */
  deadlineSeconds?: number;
};

/** Connections by platform and by their own names: `{ vsphere: { dc1: { … } } }`. */
export interface PolluxConnections {
  vsphere?: { [name: string]: VsphereConnection };
  cloudstack?: { [name: string]: CloudstackConnection };
  'f5-vcmp'?: { [name: string]: F5VcmpConnection };
  symphony?: { [name: string]: SymphonyConnection };
  bmc?: { [name: string]: BmcConnection };
  task?: { [name: string]: TaskConnection };
}
