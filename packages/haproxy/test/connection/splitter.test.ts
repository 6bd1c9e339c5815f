import { describe, expect, it } from 'vitest';
import { Splitter } from '../../src/connection/splitter.ts';

const ANSWERS = ['', 'one\n', 'two\n> no, a quote\n'.replace('\n> ', '\n>'), '> \n', 'größe\n\n', ''];
const STREAM = Buffer.from(ANSWERS.map((answer) => `${answer}\n> `).join(''));

const split = (chunks: readonly Buffer[], limit = 1e6) => {
  const answers: string[] = [];
  const splitter = new Splitter(limit);
  for (const chunk of chunks) splitter.push(chunk, (answer) => answers.push(answer));
  return answers;
};

describe('Splitter', () => {
  it('gives the same answers wherever the stream is cut in two or in three', () => {
    for (let one = 0; one <= STREAM.length; one++) {
      for (let two = one; two <= STREAM.length; two++) {
        expect(split([STREAM.subarray(0, one), STREAM.subarray(one, two), STREAM.subarray(two)])).toEqual(
          ANSWERS,
        );
      }
    }
  });

  it('gives the same answers byte by byte', () => {
    expect(split([...STREAM].map((byte) => Buffer.from([byte])))).toEqual(ANSWERS);
  });

  it('gives nothing of an answer whose prompt is missing', () => {
    expect(split([Buffer.from('half\n>')])).toEqual([]);
  });

  it('refuses an answer beyond its limit', () => {
    expect(() => split([Buffer.alloc(600), Buffer.alloc(600)], 1000)).toThrow('more than 1000 bytes');
  });

  it('takes a large answer in small chunks in linear time', () => {
    const chunks = Array.from({ length: 20_000 }, () => Buffer.from('x'.repeat(100)));
    expect(split([...chunks, Buffer.from('\n> ')], 1e7)[0]).toHaveLength(2_000_000);
  });
});
