import type { AdoptRequest, ConnectionName } from '../../client/types.ts';
import { onlyWords } from '../arguments.ts';
import type { Command } from '../command.ts';
import { connectionOf } from '../names.ts';
import { adoptionOf } from '../request.ts';
import { SHARED_OPTIONS, start } from './submit.ts';

export const adopt: Command = {
  name: 'adopt',
  summary: 'follow a job that runs at the platform already',
  usage: ['adopt <platform>/<connection> -o NAME (--task ID | --adopt NAME=VALUE …) [options]'],
  description: [
    'What names a job is different on each platform: vsphere and bmc `--task`, cloudstack `--adopt jobid=…`, symphony `--adopt requestId=…`; f5-vcmp has no name for it, its guests and their state are enough.',
  ],
  options: {
    ...SHARED_OPTIONS,
    task: { type: 'string', value: 'ID', description: 'vsphere, bmc: the vCenter task, as task-525' },
    adopt: { type: 'string', multiple: true, value: 'NAME=VALUE', description: 'what names the job there' },
  },
  connections: 'the first',
  examples: [
    ['pollux adopt vsphere/dc1 -o PowerOnVM_Task --task task-525', ''],
    [
      'pollux adopt cloudstack/zone-a -o deployVirtualMachine --adopt jobid=0f9b5b6e-6c36-4d1f-a9d0-5a3c1f0a1b11 --wait',
      '',
    ],
    ['pollux adopt symphony/grid -o requestMachines --adopt requestId=req-33e9 --adopt machineCount:=3', ''],
    ["pollux adopt f5-vcmp/edge -o set_guest_state -p 'guests[]=g1' -p state=VCMP_GUEST_STATE_DEPLOYED", ''],
  ],
  async run(invocation) {
    const { words, values, stdin, client } = invocation;
    const [word] = onlyWords(words, '<platform>/<connection>');
    const { platform, name } = connectionOf(word!);
    const body = await adoptionOf(platform, values, stdin);
    return start(invocation, body, (options) => client.adopt(name as ConnectionName, body as AdoptRequest, options));
  },
};
