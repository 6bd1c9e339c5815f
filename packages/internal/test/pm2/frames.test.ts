import { describe, expect, it } from 'vitest';
import { encodeFrame, FRAME_LIMIT, FrameReader } from '../../src/pm2/frames.ts';

describe('encodeFrame', () => {
  it('writes version and count, then each part with its length and kind', () => {
    expect(encodeFrame({ a: 1 }, 'id').toString('latin1')).toBe('\x12\0\0\0\x09j:{"a":1}\0\0\0\x04s:id');
  });
});

describe('FrameReader', () => {
  const two = Buffer.concat([encodeFrame({ text: 'é' }, '1'), encodeFrame([1, 2], '2')]);
  const expected = [
    [{ text: 'é' }, '1'],
    [[1, 2], '2'],
  ];

  it.each([1, 2, 3, 7, 1000])('finds the same frames in chunks of %i bytes', (size) => {
    const reader = new FrameReader();
    const chunks = Array.from({ length: Math.ceil(two.length / size) }, (_, i) =>
      two.subarray(i * size, (i + 1) * size),
    );
    expect(chunks.flatMap((chunk) => reader.push(chunk))).toEqual(expected);
  });

  it('refuses another version, an absurd length and JSON that is none', () => {
    const huge = Buffer.concat([Buffer.from([0x11]), Buffer.alloc(4, 0xff)]);
    const broken = Buffer.from('\x11\0\0\0\x03j:{', 'latin1');
    expect(() => new FrameReader().push(Buffer.from('HTTP/1.1'))).toThrow('version 4');
    expect(() => new FrameReader().push(huge)).toThrow(/bytes/);
    expect(FRAME_LIMIT).toBeLessThan(0xffffffff);
    expect(() => new FrameReader().push(broken)).toThrow(SyntaxError);
  });

  it('reads a reply of 8 MB in small chunks in linear time', () => {
    const reader = new FrameReader();
    const frame = encodeFrame({ text: 'x'.repeat(8_000_000) }, '1');
    const began = performance.now();
    const frames: unknown[] = [];
    for (let at = 0; at < frame.length; at += 1000)
      frames.push(...reader.push(frame.subarray(at, at + 1000)));
    expect(frames).toHaveLength(1);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
