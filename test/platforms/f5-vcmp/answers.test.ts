import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionStatuses } from '../../../shared/platforms/f5-vcmp/completion-status.ts';
import { type Method, readAnswer } from '../../../shared/platforms/f5-vcmp/soap.ts';
import { parseXml } from '../../../shared/xml/parse.ts';

const METHOD: Method = { interface: 'System/VCMP', name: 'get_completion_status' };
const crlf = (text: string) => text.replaceAll('\n', '\r\n');

/** As the engine writes it. */
const ANSWER = crlf(`<E:Envelope
\txmlns:E="http://schemas.xmlsoap.org/soap/envelope/"
\txmlns:A="http://schemas.xmlsoap.org/soap/encoding/"
\txmlns:s="http://www.w3.org/2001/XMLSchema-instance"
\txmlns:y="http://www.w3.org/2001/XMLSchema"
\txmlns:iControl="urn:iControl"
\tE:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">
<E:Body>
<m:get_completion_statusResponse
\txmlns:m="urn:iControl:System/VCMP">
<return
\ts:type="A:Array"
\tA:arrayType="iControl:System.VCMP.VCMPCompletionStatus[][2]">
<item
\tA:arrayType="iControl:System.VCMP.VCMPCompletionStatus[1]">
<item>
<slot_id
\ts:type="y:long">3</slot_id>
<requested_state
\ts:type="iControl:System.VCMP.VCMPGuestState">VCMP_GUEST_STATE_DEPLOYED</requested_state>
<request_complete
\ts:type="y:boolean">false</request_complete>
<status
\ts:type="iControl:System.VCMP.VCMPStatus">VCMP_STATUS_INSTALLING</status>
<comment
\ts:type="y:string"></comment>
</item>
</item>
<item
\tA:arrayType="iControl:System.VCMP.VCMPCompletionStatus[0]"></item>
</return>
</m:get_completion_statusResponse>
</E:Body>
</E:Envelope>
`);

function records(answer: string) {
  const read = readAnswer(METHOD, { status: 200, body: answer });
  if (read.kind !== 'answer') throw new Error(JSON.stringify(read));
  return read.value!.children.map(completionStatuses);
}

describe('an answer of the engine', () => {
  const [told, none] = records(ANSWER);

  it('F5-03 keeps both levels of a list with one item, and a list with none', () => {
    expect(told).toHaveLength(1);
    expect(none).toEqual([]);
  });

  it('F5-01 F5-04 F5-05 F5-06 F5-16 reads the members', () => {
    expect(told![0]).toEqual({
      slot: 3,
      requestedState: 'VCMP_GUEST_STATE_DEPLOYED',
      requestComplete: false,
      status: 'VCMP_STATUS_INSTALLING',
      comment: '',
    });
  });

  it('F5-02 does not care for prefixes', () => {
    const other = ANSWER.replaceAll('E:', 'soap:').replaceAll('xmlns:E', 'xmlns:soap').replaceAll('m:', 'x:');
    const renamed = other.replaceAll('xmlns:m', 'xmlns:x');
    expect(records(renamed)).toEqual([told, none]);
    const strange = ANSWER.replace('http://schemas.xmlsoap.org/soap/envelope/', 'urn:other');
    expect(readAnswer(METHOD, { status: 200, body: strange }).kind).toBe('other');
  });

  it('F5-02 knows a fault by its namespace', () => {
    const body = ANSWER.replaceAll('m:get_completion_statusResponse', 'm:Fault');
    expect(readAnswer(METHOD, { status: 200, body }).kind).toBe('other');
  });

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    [' true ', true],
  ])('F5-06 the boolean %s', (text, value) => {
    expect(records(ANSWER.replace('>false<', `>${text}<`))[0]![0]!.requestComplete).toBe(value);
  });

  it.each(['yes', '', 'TRUE', 'done'])('F5-06 knows no boolean %j, and then no record', (text) => {
    expect(records(ANSWER.replace('>false<', `>${text}<`))[0]).toBeUndefined();
  });

  it('F5-01 knows no member "done"', () => {
    expect(records(ANSWER.replaceAll('request_complete', 'done'))[0]).toBeUndefined();
  });

  it('never throws for XML of any shape', () => {
    const name = fc.constantFrom('item', 'slot_id', 'request_complete', 'status', 'requested_state', 'x');
    const node = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.tuple(name, fc.constantFrom('', '1', 'true', 'VCMP_STATUS_RUNNING')).map(([n, t]) => `<${n}>${t}</${n}>`),
        fc.tuple(name, fc.array(tie('node'), { maxLength: 4 })).map(([n, inner]) => `<${n}>${inner.join('')}</${n}>`),
      ),
    })).node;
    fc.assert(
      fc.property(node, (xml) => {
        const read = completionStatuses(parseXml(`<list>${xml}</list>`));
        for (const record of read ?? []) expect(typeof record.requestComplete).toBe('boolean');
      }),
    );
  });
});
