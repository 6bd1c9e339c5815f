import { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/temporal/protobuf.ts';

const { DescribeTaskQueueRequest, DescribeTaskQueueResponse } = temporal.api.workflowservice.v1;

describe('encodeMessage', () => {
  it('writes what Temporal’s own code reads', () => {
    const long = 'q'.repeat(300);
    const bytes = encodeMessage({ 1: 'shop', 2: encodeMessage({ 1: long }), 3: 2 });
    expect(DescribeTaskQueueRequest.decode(bytes)).toMatchObject({
      namespace: 'shop',
      taskQueue: { name: long },
      taskQueueType: 2,
    });
  });
});

describe('decodeMessage', () => {
  const bytes = DescribeTaskQueueResponse.encode({
    pollers: [
      {
        identity: 'é@host',
        lastAccessTime: { seconds: 1_795_466_634 as never, nanos: 7 },
        ratePerSecond: 2.5,
      },
      { identity: 'b', lastAccessTime: { seconds: -1 as never } },
    ],
    taskQueueStatus: { readLevel: (2 ** 40) as never },
  }).finish();

  it('reads what Temporal’s own code writes, doubles and unknown fields among it', () => {
    const [first, second] = decodeMessage(bytes).messages(1);
    expect(first?.text(2)).toBe('é@host');
    expect(first?.messages(1)[0]?.number(1)).toBe(1_795_466_634);
    expect(second?.text(2)).toBe('b');
    expect(decodeMessage(bytes).messages(2)[0]?.number(2)).toBe(2 ** 40);
  });

  it('reads or refuses any cut and any flipped byte, and ends', () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const broken of [bytes.slice(0, at), bytes.map((byte, i) => (i === at ? byte ^ 0xff : byte))]) {
        try {
          decodeMessage(broken)
            .messages(1)
            .map((poller) => poller.text(2));
        } catch (error) {
          expect(String(error)).toMatch(/^Error: a protobuf/);
        }
      }
    }
  });
});
