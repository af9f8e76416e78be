import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../shared/job/job.ts';
import { ArgumentsError, encodeArguments, isArgumentsError } from '../../../shared/platforms/vsphere/arguments.ts';
import { METHOD_ORDERS } from '../../../shared/platforms/vsphere/orders.ts';
import { submitRequest } from '../../../shared/platforms/vsphere/request.ts';
import { parseXml } from '../../../shared/xml/parse.ts';
import { element, render } from '../../../shared/xml/write.ts';

function encoded(method: string, args: JsonObject): string {
  return encodeArguments(method, args).map(render).join('');
}

describe('VS-17 the order of parameters', () => {
  // Written down a second time from the vendor's description, so that a slip in the table shows.
  it.each([
    ['CloneVM_Task', { spec: {}, name: 'n', folder: 'f' }, ['folder', 'name', 'spec']],
    ['CreateVM_Task', { host: 'h', pool: 'p', config: {} }, ['config', 'pool', 'host']],
    [
      'RegisterVM_Task',
      { host: 1, pool: 2, asTemplate: false, name: 'n', path: 'p' },
      ['path', 'name', 'asTemplate', 'pool', 'host'],
    ],
    ['MigrateVM_Task', { state: 's', priority: 'p', host: 'h', pool: 'p' }, ['pool', 'host', 'priority', 'state']],
    [
      'CreateSnapshot_Task',
      { quiesce: true, memory: false, description: 'd', name: 'n' },
      ['name', 'description', 'memory', 'quiesce'],
    ],
    [
      'CopyVirtualDisk_Task',
      { force: true, destSpec: {}, destDatacenter: 'd', destName: 'n', sourceDatacenter: 's', sourceName: 'n' },
      ['sourceName', 'sourceDatacenter', 'destName', 'destDatacenter', 'destSpec', 'force'],
    ],
    [
      'ExtendVirtualDisk_Task',
      { eagerZero: true, newCapacityKb: 1, datacenter: 'd', name: 'n' },
      ['name', 'datacenter', 'newCapacityKb', 'eagerZero'],
    ],
    [
      'EnterMaintenanceMode_Task',
      { maintenanceSpec: {}, evacuatePoweredOffVms: true, timeout: 0 },
      ['timeout', 'evacuatePoweredOffVms', 'maintenanceSpec'],
    ],
    ['ReconfigureComputeResource_Task', { modify: true, spec: {} }, ['spec', 'modify']],
  ] as [string, JsonObject, string[]][])('%s', (method, args, expected) => {
    expect(encodeArguments(method, args).map((it) => it.name)).toEqual(expected);
  });

  it('is the same for every order in which the caller wrote them', () => {
    const methods = Object.keys(METHOD_ORDERS).filter((it) => METHOD_ORDERS[it]!.length > 1);
    fc.assert(
      fc.property(fc.constantFrom(...methods), fc.infiniteStream(fc.nat()), (method, random) => {
        const names = METHOD_ORDERS[method]!.map((it) => it.replace('?', ''));
        const shuffled = names.map((name) => [random.next().value, name] as const).sort((a, b) => a[0] - b[0]);
        const args = Object.fromEntries(shuffled.map(([, name]) => [name, 'x']));
        expect(encodeArguments(method, args).map((it) => it.name)).toEqual(names);
      }),
    );
  });

  it('puts the properties of a clone specification in order', () => {
    const spec = {
      powerOn: true,
      template: false,
      snapshot: { type: 'VirtualMachineSnapshot', value: 's-1' },
      location: {},
    };
    expect(encoded('CloneVM_Task', { spec })).toBe(
      '<spec><location/><template>false</template><powerOn>true</powerOn><snapshot type="VirtualMachineSnapshot">s-1</snapshot></spec>',
    );
  });

  it('sends a parameter that the table does not know last, and the rest of the world as the caller wrote it', () => {
    expect(encodeArguments('PowerOnVM_Task', { later: 1, host: 'h' }).map((it) => it.name)).toEqual(['host', 'later']);
    expect(encodeArguments('Unheard_Task', { b: 1, a: 2, c: 3 }).map((it) => it.name)).toEqual(['b', 'a', 'c']);
  });

  it('survives the validation of the request', () => {
    const body = {
      operation: 'Unheard_Task',
      target: { type: 'Folder', value: 'f' },
      arguments: { z: 1, a: { y: 1, b: 2 } },
    };
    expect(JSON.stringify(submitRequest.parse(body))).toBe(JSON.stringify(body));
  });
});

describe('VI/JSON to SOAP', () => {
  it.each([
    ['text', 'a<b', '<x>a&lt;b</x>'],
    ['number', 42, '<x>42</x>'],
    ['zero', 0, '<x>0</x>'],
    ['boolean', false, '<x>false</x>'],
    ['null', null, ''],
    ['object without a type', { a: 1, b: { c: 'd' } }, '<x><a>1</a><b><c>d</c></b></x>'],
    ['object with a type', { _typeName: 'VirtualDisk', key: -1 }, '<x xsi:type="VirtualDisk"><key>-1</key></x>'],
    ['type written last', { key: -1, _typeName: 'VirtualDisk' }, '<x xsi:type="VirtualDisk"><key>-1</key></x>'],
    ['reference', { type: 'Folder', value: 'group-v3' }, '<x type="Folder">group-v3</x>'],
    [
      'reference with its type name',
      { _typeName: 'ManagedObjectReference', type: 'Folder', value: 'group-v3' },
      '<x xsi:type="ManagedObjectReference" type="Folder">group-v3</x>',
    ],
    ['boxed text', { _typeName: 'string', _value: 'a' }, '<x xsi:type="xsd:string">a</x>'],
    ['boxed long', { _typeName: 'long', _value: '9007199254740993' }, '<x xsi:type="xsd:long">9007199254740993</x>'],
    ['boxed int', { _typeName: 'int', _value: 0 }, '<x xsi:type="xsd:int">0</x>'],
    ['boxed binary', { _typeName: 'binary', _value: 'AAE=' }, '<x xsi:type="xsd:base64Binary">AAE=</x>'],
    [
      'boxed time',
      { _typeName: 'dateTime', _value: '2026-11-21T00:00:00Z' },
      '<x xsi:type="xsd:dateTime">2026-11-21T00:00:00Z</x>',
    ],
    [
      'boxed enumeration',
      { _typeName: 'VirtualMachinePowerState', _value: 'poweredOn' },
      '<x xsi:type="VirtualMachinePowerState">poweredOn</x>',
    ],
    [
      'boxed array of texts',
      { _typeName: 'ArrayOfString', _value: ['a', 'b'] },
      '<x xsi:type="ArrayOfString"><string>a</string><string>b</string></x>',
    ],
    [
      'boxed array of references',
      { _typeName: 'ArrayOfManagedObjectReference', _value: [{ type: 'Task', value: 't' }] },
      '<x xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference type="Task">t</ManagedObjectReference></x>',
    ],
    [
      'boxed array of any type',
      { _typeName: 'ArrayOfAnyType', _value: [1, { _typeName: 'string', _value: 'a' }] },
      '<x xsi:type="ArrayOfAnyType"><anyType xsi:type="xsd:int">1</anyType><anyType xsi:type="xsd:string">a</anyType></x>',
    ],
    ['array', ['a', 'b'], '<x>a</x><x>b</x>'],
    ['array of objects', [{ a: 1 }, null, { a: 2 }], '<x><a>1</a></x><x><a>2</a></x>'],
    ['empty array', [], ''],
    ['empty object', {}, '<x/>'],
    [
      'data object that only looks like a reference',
      { type: 'a', value: 'b', key: 1 },
      '<x><type>a</type><value>b</value><key>1</key></x>',
    ],
  ] as [string, Json, string][])('%s', (_what, value, expected) => {
    expect(encoded('Unheard_Task', { x: value })).toBe(expected);
  });

  it('gives values of any type their type always', () => {
    const extraConfig = [
      { key: 'a', value: 'nightly' },
      { _typeName: 'OptionValue', key: 'b', value: 7 },
      { key: 'c', value: { _typeName: 'long', _value: 7 } },
      { key: 'd', value: 3_000_000_000 },
      { key: 'e', value: true },
    ];
    expect(encoded('ReconfigVM_Task', { spec: { extraConfig } })).toBe(
      '<spec><extraConfig><key>a</key><value xsi:type="xsd:string">nightly</value></extraConfig>' +
        '<extraConfig xsi:type="OptionValue"><key>b</key><value xsi:type="xsd:int">7</value></extraConfig>' +
        '<extraConfig><key>c</key><value xsi:type="xsd:long">7</value></extraConfig>' +
        '<extraConfig><key>d</key><value xsi:type="xsd:long">3000000000</value></extraConfig>' +
        '<extraConfig><key>e</key><value xsi:type="xsd:boolean">true</value></extraConfig></spec>',
    );
  });

  it('writes the polymorphic device of the page', () => {
    const device = {
      _typeName: 'VirtualDisk',
      key: -1,
      backing: { _typeName: 'VirtualDiskFlatVer2BackingInfo', fileName: '[ds] d.vmdk', thinProvisioned: true },
      controllerKey: 202,
    };
    expect(encoded('ReconfigVM_Task', { spec: { deviceChange: [{ operation: 'add', device }] } })).toBe(
      '<spec><deviceChange><operation>add</operation><device xsi:type="VirtualDisk"><key>-1</key>' +
        '<backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds] d.vmdk</fileName><thinProvisioned>true</thinProvisioned></backing>' +
        '<controllerKey>202</controllerKey></device></deviceChange></spec>',
    );
  });

  it.each([
    ['an array in an array', { a: [[1]] }, /a\[0\] is an array inside an array/],
    ['a number that lost its digits', { a: { b: 2 ** 60 } }, /a\.b is a number that JSON cannot carry exactly/],
    ['_this', { _this: { type: 'VirtualMachine', value: 'vm-1' } }, /"_this" is no name/],
    ['markup as a name', { 'a><b': 1 }, /is no name of a property/],
    ['a prefix', { 'xsi:type': 'a' }, /is no name of a property/],
    ['a bad type name', { a: { _typeName: 'a b' } }, /a\._typeName is no name of a type/],
    ['a box without a type', { a: { _value: 1 } }, /a has a _value without a _typeName/],
    ['a box with an object', { a: { _typeName: 'string', _value: {} } }, /a\._value must be a scalar or an array/],
    ['an array in a scalar box', { a: { _typeName: 'string', _value: [] } }, /must be ArrayOf/],
    [
      'an untyped array of any type',
      { extraConfig: [{ key: 'k', value: [1] }] },
      /extraConfig\[0\]\.value needs the type/,
    ],
    ['an untyped object of any type', { extraConfig: [{ key: 'k', value: { a: 1 } }] }, /needs a _typeName/],
  ] as [string, JsonObject, RegExp][])('refuses %s and names the place', (_what, args, message) => {
    expect(() => encodeArguments('Unheard_Task', args)).toThrow(ArgumentsError);
    expect(() => encodeArguments('Unheard_Task', args)).toThrow(message);
  });

  it('refuses arguments without a bottom', () => {
    let deep: Json = 1;
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    expect(() => encodeArguments('Unheard_Task', { deep })).toThrow(/deeper than 64/);
  });

  it('either refuses any JSON or makes well-formed XML of it that holds every text', () => {
    const json = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.record(
        { _typeName: fc.constantFrom('constructor', 'OptionValue'), _value: fc.jsonValue(), value: fc.jsonValue() },
        { requiredKeys: ['_typeName'] },
      ),
    );
    const property = fc.oneof(
      fc.stringMatching(/^[a-z][A-Za-z0-9]{0,6}$/),
      fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'extraConfig'),
    );
    fc.assert(
      fc.property(fc.dictionary(property, json, { maxKeys: 4 }), (args) => {
        try {
          const nodes = encodeArguments('Unheard_Task', args as JsonObject);
          const root = parseXml(
            render(element('m', { 'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance' }, ...nodes)),
          );
          const scalars = Object.entries(args).filter(([, it]) => it !== null && typeof it !== 'object');
          for (const [name, value] of scalars) {
            expect(root.children.find((it) => it.name === name)?.text).toBe(String(value));
          }
        } catch (error) {
          if (!isArgumentsError(error)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
