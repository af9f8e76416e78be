/**
 * The words of System::VCMP. Source: VCMPGuestState and VCMPStatus of F5's WSDL (identical from 11.x to 13.1 and later).
 */

/** What can be asked for. The fourth value, `VCMP_GUEST_STATE_UNKNOWN`, is an answer only. */
export const GUEST_STATES = [
  'VCMP_GUEST_STATE_CONFIGURED',
  'VCMP_GUEST_STATE_PROVISIONED',
  'VCMP_GUEST_STATE_DEPLOYED',
] as const;

export type GuestState = (typeof GUEST_STATES)[number];

/** What a job waits for: a state, or that the guest is gone. The last one is our own word. */
export type Wanted = GuestState | 'ABSENT';

export function isGuestState(word: unknown): word is GuestState {
  return (GUEST_STATES as readonly unknown[]).includes(word);
}

/** What a virtual machine on one slot is doing, as far as it matters. */
export type Activity = 'waiting' | 'active' | 'rest' | 'failed' | 'unknown';

/** All 15 values, in the order of the WSDL. */
export const VM_STATUSES: Readonly<Record<string, { activity: Activity; note: string }>> = {
  VCMP_STATUS_UNKNOWN: { activity: 'unknown', note: 'no information' },
  VCMP_STATUS_CREATED: { activity: 'waiting', note: 'nothing has been started' },
  VCMP_STATUS_STOPPED: { activity: 'rest', note: 'final for provisioned' },
  VCMP_STATUS_WAIT_STARTING: { activity: 'waiting', note: 'queued to start' },
  VCMP_STATUS_STARTING: { activity: 'active', note: 'boots' },
  VCMP_STATUS_RUNNING: { activity: 'rest', note: 'final for deployed; TMOS inside may need minutes more' },
  VCMP_STATUS_STOPPING: { activity: 'active', note: 'shuts down' },
  VCMP_STATUS_INSTALLING: { activity: 'active', note: 'the image is written to the virtual disk' },
  VCMP_STATUS_DELETED: { activity: 'rest', note: 'removed' },
  VCMP_STATUS_FAILED: { activity: 'failed', note: 'the comment has the reason' },
  VCMP_STATUS_INACTIVE: { activity: 'rest', note: 'final for configured' },
  VCMP_STATUS_ACQUIRE_VDISK: { activity: 'active', note: 'gets a virtual disk' },
  VCMP_STATUS_WAIT_INSTALL: { activity: 'waiting', note: 'queued for the install' },
  VCMP_STATUS_WAIT_MIGRATE: { activity: 'waiting', note: 'queued for the migration of its disk' },
  VCMP_STATUS_MIGRATE_VDISK: { activity: 'active', note: 'the disk moves to another slot' },
};

/** Words that are younger than this table mean nothing to us. */
export function activityOf(status: string): Activity {
  return Object.hasOwn(VM_STATUSES, status) ? VM_STATUSES[status]!.activity : 'unknown';
}

/** Where a slot comes to rest. Source: the REST twin of this interface (`vmStatus`), and F5's own Ansible module. */
export const FINAL_STATUS: Readonly<Record<GuestState, string>> = {
  VCMP_GUEST_STATE_CONFIGURED: 'VCMP_STATUS_INACTIVE',
  VCMP_GUEST_STATE_PROVISIONED: 'VCMP_STATUS_STOPPED',
  VCMP_GUEST_STATE_DEPLOYED: 'VCMP_STATUS_RUNNING',
};

/** Guests are in no partition: `/Common/guest1` is another thing, and F5's own SDK refuses it too. */
export const GUEST_NAME = /^[A-Za-z0-9_][\w.-]{0,62}$/;

/** As many as one call asks about; a host of eight blades has about a hundred guests at most. */
export const MAX_GUESTS = 50;
