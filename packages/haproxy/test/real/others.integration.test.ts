import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lookUp } from '../../src/commands/map-entries.ts';
import { toBytes } from '../../src/grammar/bytes.ts';
import { OTHERS } from '../support/others.ts';
import { SHARED } from '../support/real-haproxy.ts';
import { onRealHaproxy, type Stage } from '../support/stage.ts';

const WHOLE = `${SHARED}/whole.map`;
const BEGIN = `${SHARED}/begin.map`;
const REGEX = `${SHARED}/regex.map`;
const MANY = `${SHARED}/many.map`;
const MORE = `
frontend mapped
  bind 127.0.0.1:8082
  http-request set-header a %[path,map(${WHOLE})]
  http-request set-header b %[path,map_beg(${BEGIN})]
  http-request set-header c %[path,map_reg(${REGEX})]
  http-request set-header d %[path,map(${MANY})]
`;
const FILES = {
  'whole.map': 'live be_blue\n',
  'begin.map': 'live be_blue\n',
  'regex.map': 'live be_blue\n^/old/(.*)  to /new/\\1; for good\n',
  'many.map': `${Array.from({ length: 10_000 }, (_, n) => `host-${n}`).join('\n')}\nlive be_blue\n`,
};

/** As bytes, one character each; some are no UTF-8. */
const ENTRIES: readonly (readonly [string, string])[] = [
  ...OTHERS.map(([key, value]) => [toBytes(key), toBytes(value)] as const),
  ['latin', '\xe9t\xe9'],
  ['\xe9 \xe8', 'of a key with a space'],
  ['\xe9', ''],
  // Twice, and with equal lines: a lookup finds the first of a key.
  ['a b', 'hidden'],
  ['a b', 'c d'],
  ['twice over', 'x'],
  ['twice over', 'x'],
];

onRealHaproxy('entries of others in a map', { more: MORE, files: FILES }, (stage) => {
  it.each([
    ['whole keys', WHOLE],
    ['the beginnings of keys', BEGIN],
  ])(
    'are kept byte for byte by fenceMap and switchMap, and found as before, in a map of %s',
    async (_, map) => {
      for (const entry of ENTRIES) await addAs(stage, map, entry);
      const before = await lines(stage, map);
      const found = await lookUpAll(stage, map);
      expect(before.length).toBe(ENTRIES.length + 1);
      await stage.byMap.fenceMap({ map });
      expect([await lines(stage, map), await lookUpAll(stage, map)]).toEqual([before, found]);
      await stage.byMap.switchMap({ map, key: 'live', value: 'be_green' });
      const after = before.map((line) => (line === 'live be_blue' ? 'live be_green' : line));
      expect([await lines(stage, map), await lookUpAll(stage, map)]).toEqual([after, found]);
    },
  );

  it('are kept in a map of regular expressions, as its file has them', async () => {
    const before = await lines(stage, REGEX);
    await stage.byMap.fenceMap({ map: REGEX });
    expect(await lines(stage, REGEX)).toEqual(before);
    expect(await stage.haproxy.execute(`get map ${REGEX} /old/x`)).toContain('value="to /new/\\1; for good"');
  });

  it('are kept when there are ten thousand without a value', async () => {
    const before = await lines(stage, MANY);
    await stage.byMap.switchMap({ map: MANY, key: 'live', value: 'be_green', timeout: 30_000 });
    expect(await lines(stage, MANY)).toEqual(before.map((line) => line.replace('blue', 'green')));
  });

  it('are written to the file byte for byte, and a restarted HAProxy finds none that was not there', async () => {
    const { haproxy, real } = stage;
    const [before, found] = [await lines(stage, WHOLE), await lookUpAll(stage, WHOLE)];
    const file = join(real.folder, 'whole.map');
    await haproxy.persistMap({ map: WHOLE, file });
    const stored = (await readFile(file, 'latin1')).split('\n').slice(0, -1);
    expect(stored.map((line) => line.replace(/^# /, ''))).toEqual(before);
    await real.restart();
    const again = await lookUpAll(stage, WHOLE);
    // What a map file cannot hold is gone, and no other entry has come of it; spaces around a value are not read.
    const keys = (differs: (now: string, then: string) => boolean) =>
      new Set(ENTRIES.filter((_, n) => differs(again[n] as string, found[n] as string)).map(([key]) => key));
    const gone = ['#hash', 'a b', 'a b c', ' around ', 't\tb', '\xe9 \xe8', 'twice over'];
    expect([...keys((now, then) => now !== then && now.includes('found=no'))]).toEqual(gone);
    expect([...keys((now, then) => now !== then && now.includes('found=yes'))]).toEqual(['after', 'before']);
  });
});

/** What HAProxy shows of a map, as bytes, without pointers. */
const lines = async ({ real }: Stage, map: string): Promise<string[]> =>
  (await tell(real.socket, `show map ${map}\n`))
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^0x\w+ /, ''));

/** What a lookup of each key finds. */
const lookUpAll = ({ haproxy }: Stage, map: string): Promise<string[]> =>
  haproxy.runAll(ENTRIES.map(([key]) => lookUp(map, key || 'nothing')));

/** By the command that somebody else would write. */
async function addAs({ real }: Stage, map: string, [key, value]: readonly [string, string]): Promise<void> {
  const escaped = (word: string) => word.replace(/[\\ \t;]/g, '\\$&');
  const asked =
    key === '' || value === ''
      ? `add map ${map} <<\n${key} ${value}\n\n`
      : `add map ${map} ${escaped(key)} ${escaped(value)} \n`;
  expect(await tell(real.socket, asked)).toBe('\n');
}

/** Bytes to a socket, and its answer. */
async function tell(address: string, asked: string): Promise<string> {
  const socket = connect(address).setEncoding('latin1');
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  socket.write(asked, 'latin1');
  await once(socket, 'end');
  socket.destroy();
  return answer;
}
