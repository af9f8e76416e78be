/** Documents of the adapter as its pages and the platform's fact sheet (section 6) have them. */

export function envelope(inner: string, metadata = '<status>success</status>'): string {
  return `<vmware-infrastructure-response><metadata>${metadata}</metadata>${inner}</vmware-infrastructure-response>`;
}

export function started(task: string, wrapper = 'PowerOffVM_TaskResponse'): string {
  return envelope(`<${wrapper}><Task>${task}</Task></${wrapper}>`);
}

export function statusOf(info: string, task = 'task-710'): string {
  return envelope(
    `<RetrieveTaskStatusResponse><returnval><Task>${task}</Task><propSet><name>info</name>${info}</propSet></returnval></RetrieveTaskStatusResponse>`,
  );
}

export function taskInfo(state: string, more = '', task = 'task-710'): string {
  return `<TaskInfo><key>${task}</key><Task>${task}</Task><name>CloneVM_Task</name><descriptionId>VirtualMachine.clone</descriptionId><VirtualMachine>web01</VirtualMachine><entityName>web01</entityName><state>${state}</state>${more}<TaskReasonUser><userName>bmc</userName></TaskReasonUser><queueTime>2025-05-22T10:00:00Z</queueTime><eventChainId>801</eventChainId></TaskInfo>`;
}

/** The vendor's own sample: the answer to a question about task-525. */
export const VENDOR_SAMPLE = statusOf(
  '<TaskInfo><key>task-2675</key><Task>task-2675</Task><name>PowerOnVM_Task</name><descriptionId>VirtualMachine.powerOn</descriptionId><VirtualMachine>TestDev</VirtualMachine><entityName>TestDev</entityName><state>success</state><cancelled>false</cancelled><cancelable>false</cancelable><TaskReasonUser><userName>bmc</userName></TaskReasonUser><queueTime>2009-05-27T08:26:34.234375Z</queueTime><startTime>2009-05-27T08:26:34.25Z</startTime><completeTime>2009-05-27T08:26:44.484375Z</completeTime><eventChainId>71232</eventChainId></TaskInfo>',
  'task-2675',
);

export const RUNNING = statusOf(
  taskInfo(
    'running',
    '<cancelled>false</cancelled><cancelable>true</cancelable><progress>37</progress><description><key>vim.task</key><message>Copying virtual machine files</message></description>',
  ),
);
export const FAILED = statusOf(
  taskInfo(
    'error',
    '<cancelled>false</cancelled><error><InvalidPowerState><requestedState>poweredOn</requestedState><existingState>poweredOn</existingState></InvalidPowerState><localizedMessage>The attempted operation cannot be performed in the current state (Powered on).</localizedMessage></error>',
  ),
);
export const OBJECT_GONE =
  'com.vmware.vim25.ManagedObjectNotFound: The object has already been deleted or has not been completely created';
