/** Made of the schemas by `npm run types`. */

export const PLATFORMS = ['vsphere', 'cloudstack', 'f5-vcmp', 'symphony', 'bmc', 'task'] as const;
