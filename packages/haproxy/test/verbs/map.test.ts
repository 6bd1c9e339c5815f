import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OTHERS } from '../support/others.ts';
import { failure, withFake } from '../support/with-fake.ts';

const map = '/maps/live.map';

describe('switchMap', () => {
  it('commits every entry at once and reads them back', async () => {
    const { fake, haproxy } = await withFake();
    const { before, after, commands } = await haproxy.switchMap({
      map,
      key: 'live',
      value: 'be_green',
      entries: { extra: 'a b' },
    });
    expect(before).toEqual([
      { key: 'live', value: 'be_blue' },
      { key: 'other', value: 'x' },
    ]);
    expect(after).toEqual([
      { key: 'live', value: 'be_green' },
      { key: 'other', value: 'x' },
      { key: 'extra', value: 'a b' },
    ]);
    expect(fake.map(map)).toEqual([
      ['live', 'be_green'],
      ['other', 'x'],
      ['extra', 'a b'],
    ]);
    expect(fake.lines.filter((line) => /^(prepare|add|commit|set) map/.test(line))).toEqual(commands);
  });
  it('sends nothing when the map says so already', async () => {
    const { haproxy } = await withFake();
    expect((await haproxy.switchMap({ map, key: 'live', value: 'be_blue' })).commands).toEqual([]);
  });
  it('does not commit over what somebody else changed meanwhile', async () => {
    const { fake, haproxy } = await withFake();
    const racing = haproxy.switchMap({ map, key: 'live', value: 'be_green' });
    await expect
      .poll(() => fake.lines.some((line) => line.startsWith('add map')), { interval: 1 })
      .toBe(true);
    await haproxy.setMap(map, 'other', 'y').catch(() => {});
    const ended = await racing.then(
      () => 'committed',
      (error) => error.code,
    );
    // Whoever came first, no change is lost.
    if (ended === 'committed') expect(fake.map(map)).toContainEqual(['live', 'be_green']);
    else expect(fake.map(map)).toContainEqual(['other', 'y']);
  });
  it('leaves the map as it was when an entry is refused', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^add map/, { answer: 'Out of memory.' });
    expect((await failure(haproxy.switchMap({ map, key: 'live', value: 'be_green' }))).code).toBe('refused');
    expect(fake.map(map)[0]).toEqual(['live', 'be_blue']);
    expect(fake.lines.at(-1)).toMatch(/^clear map @1/);
  });
  it('reads whether the commit took effect when its answer was lost', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^commit map/, { cutAfter: 0 });
    expect((await haproxy.switchMap({ map, key: 'live', value: 'be_green' })).after[0]?.value).toBe(
      'be_green',
    );
  });
  it('refuses a backend without a server that is up', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('be_green', 's1').app = 'refused';
    fake.server('be_green', 's1').health = 0;
    const error = await failure(
      haproxy.switchMap({ map, key: 'live', value: 'be_green', requireBackend: true }),
    );
    expect(error.code).toBe('not-ready');
  });
  it('knows a map that is not loaded', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.switchMap({ map: '/no.map', key: 'a', value: 'b' }))).code).toBe(
      'not-found',
    );
  });
});

describe.each(['2.6.12', '3.0.11'])('entries of others, on HAProxy %s', (version) => {
  const withOthers = (others: typeof OTHERS) =>
    withFake({ version, maps: { [map]: { ...Object.fromEntries(others), live: 'be_blue' } } });

  it.each([...OTHERS.map((one) => [one]), OTHERS])(
    'are kept by switchMap and fenceMap: %j …',
    async (...others) => {
      const { fake, haproxy } = await withOthers(others);
      const before = [...fake.map(map)];
      await haproxy.fenceMap({ map });
      expect(fake.map(map)).toEqual(before);
      const { after } = await haproxy.switchMap({ map, key: 'live', value: 'be_green' });
      expect(fake.map(map)).toEqual(before.map(([key, value]) => [key, key === 'live' ? 'be_green' : value]));
      expect(after.map(({ key, value }) => [key, value])).toEqual(fake.map(map));
    },
  );

  it('are sent word for word as the result says', async () => {
    const { fake, haproxy } = await withOthers(OTHERS);
    const { commands } = await haproxy.fenceMap({ map });
    const sent = fake.lines.filter((line) => /^(prepare|add|commit) map/.test(line));
    expect(sent).toEqual(commands.map((command) => command.split(' <<\n')[0]));
  });

  it('are never sent when they would be ours', async () => {
    const { fake, haproxy } = await withFake({ version });
    // A key with a space would be another one after a restart: no map file can hold it.
    const harmless = ['a', 'empty', 'also-empty', 'quotes', 'other'];
    const ours = OTHERS.filter(([key]) => !harmless.includes(key));
    for (const [key, value] of ours) {
      expect((await failure(haproxy.switchMap({ map, key, value }))).code, key).toBe('invalid-options');
    }
    expect(fake.lines.filter((line) => /^(prepare|add|set) map/.test(line))).toEqual([]);
  });
});

describe('beforeCommit', () => {
  it('is asked when all is prepared, and leaves the map as it was when it rejects', async () => {
    const { fake, haproxy } = await withFake();
    const refusal = new Error('the lock is lost');
    const beforeCommit = async () => {
      expect(fake.lines.at(-1)).toBe(`show map ${map}`);
      throw refusal;
    };
    await expect(haproxy.switchMap({ map, key: 'live', value: 'be_green', beforeCommit })).rejects.toBe(
      refusal,
    );
    expect(fake.map(map)[0]).toEqual(['live', 'be_blue']);
    expect(fake.lines.at(-1)).toMatch(/^clear map @1/);
  });
});

describe('fenceMap', () => {
  it('leaves the entries as they are, and makes HAProxy refuse what was prepared before', async () => {
    const { fake, haproxy } = await withFake();
    const stale = await haproxy.prepareMap(map);
    await haproxy.addMap(map, 'live', 'be_green', stale);
    const { before, after } = await haproxy.fenceMap({ map });
    expect(after).toEqual(before);
    expect((await failure(haproxy.commitMap(map, stale))).code).toBe('conflict');
    expect(fake.map(map)[0]).toEqual(['live', 'be_blue']);
  });
  it('lets a switch be overtaken between its proof and its commit, and the later holder wins', async () => {
    const { fake, haproxy } = await withFake();
    const beforeCommit = async () => void (await haproxy.fenceMap({ map }));
    const error = await failure(haproxy.switchMap({ map, key: 'live', value: 'be_green', beforeCommit }));
    expect(error.code).toBe('conflict');
    expect(fake.map(map)[0]).toEqual(['live', 'be_blue']);
  });
});

describe('persist', () => {
  const folder = async () => {
    const path = await mkdtemp(join(tmpdir(), 'cutover-haproxy-'));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    return path;
  };
  it('writes the map as HAProxy has it, and leaves no other file', async () => {
    const { haproxy } = await withFake();
    const directory = await folder();
    await haproxy.persistMap({ map, file: join(directory, 'live.map') });
    expect(await readFile(join(directory, 'live.map'), 'utf8')).toBe('live be_blue\nother x\n');
    expect(await readdir(directory)).toEqual(['live.map']);
  });
  it('writes what others have, and as comments what a map file would read as another entry', async () => {
    const { haproxy } = await withFake({
      maps: { [map]: { ...Object.fromEntries(OTHERS), live: 'be_blue' } },
    });
    const file = join(await folder(), 'live.map');
    await haproxy.persistMap({ map, file });
    const lines = (await readFile(file, 'utf8')).split('\n');
    const another = (key: string) => key === '' || /[ \t]/.test(key);
    const expected = OTHERS.map(([key, value]) => `${another(key) ? '# ' : ''}${key} ${value}`);
    expect(lines).toEqual([...expected, 'live be_blue', '']);
  });
  it('writes the state of all servers word for word', async () => {
    const { haproxy } = await withFake();
    const file = join(await folder(), 'state');
    await haproxy.persistServerState({ file });
    expect(await readFile(file, 'utf8')).toMatch(/^1\n# be_id be_name [\s\S]*app 1 blue [\s\S]*\n$/);
  });
  it('says what to do where the directory is missing', async () => {
    const { haproxy } = await withFake();
    const error = await failure(haproxy.persistMap({ map, file: join(await folder(), 'no/live.map') }));
    expect([error.code, error.message.includes('create its directory')]).toEqual(['file', true]);
  });
});
