import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { failure } from './with-fake.ts';

/** A HAProxy with `app/blue` taking traffic, `app/green` in maintenance, and a map with `live be_blue`. */
export interface Subject {
  readonly haproxy: RuntimeClient;
  readonly address: string;
  readonly map: string;
}

/** What fake and real must both do; `begin` gives a subject in its first state. */
export function conformance(name: string, version: string, begin: () => Promise<Subject>): void {
  const blue = { backend: 'app', server: 'blue' };
  const green = { backend: 'app', server: 'green' };
  const raw = (address: string, text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(address, () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.once('end', () => resolve(answer)).once('error', reject);
    });

  describe(`${name} behaves as HAProxy ${version}`, () => {
    it('through a whole cycle of two slots', async () => {
      const { haproxy } = await begin();
      const seen: string[] = [];
      const note = ({
        before,
        after,
      }: {
        before: { status: { text: string } };
        after: { status: { text: string } };
      }) => seen.push(`${before.status.text} → ${after.status.text}`);
      note(await haproxy.warm(green));
      const { before, after } = await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
      seen.push([...before, ...after].map(({ status }) => status.text).join(' '));
      note(await haproxy.drain(blue));
      note(await haproxy.closeServer(blue));
      expect(seen).toEqual(['MAINT → DRAIN', 'UP DRAIN DRAIN UP', 'DRAIN → DRAIN', 'DRAIN → MAINT']);
    });

    it('in the administrative states that it prints', async () => {
      const { haproxy } = await begin();
      const states = async () =>
        (await haproxy.showServersState('app')).map(({ admin }) => [admin.maint, admin.drain]);
      expect(await states()).toEqual([
        [false, false],
        [true, false],
      ]);
      await haproxy.setServerState(blue, 'drain');
      expect(await states()).toEqual([
        [false, true],
        [true, false],
      ]);
    });

    it('in a server that leaves maintenance: up at once, one failed check from down', async () => {
      const { haproxy } = await begin();
      await haproxy.setServerState(green, 'ready');
      const [, server] = await haproxy.showServersState('app');
      expect([server?.operational, server?.admin.maint]).toEqual(['running', false]);
    });

    it('in maps: versions, conflicts, what is missing', async () => {
      const { haproxy, map } = await begin();
      const older = await haproxy.prepareMap(map);
      const newer = await haproxy.prepareMap(map);
      await haproxy.addMap(map, 'live', 'be_green', newer);
      await haproxy.commitMap(map, newer);
      expect(await haproxy.showMap(map)).toEqual([{ key: 'live', value: 'be_green' }]);
      expect((await failure(haproxy.commitMap(map, older))).code).toBe('conflict');
      expect((await failure(haproxy.setMap(map, 'nokey', 'x'))).code).toBe('not-found');
      expect((await failure(haproxy.deleteMap(map, 'nokey'))).code).toBe('not-found');
      await haproxy.setMap(map, 'live', 'two words \\ and a backslash');
      expect((await haproxy.showMap(map))[0]?.value).toBe('two words \\ and a backslash');
    });

    it('in the fence: what was prepared before it is refused, also in the middle of a switch', async () => {
      const { haproxy, map } = await begin();
      const stale = await haproxy.prepareMap(map);
      await haproxy.fenceMap({ map });
      expect((await failure(haproxy.commitMap(map, stale))).code).toBe('conflict');
      const beforeCommit = async () => void (await haproxy.fenceMap({ map }));
      const overtaken = haproxy.switchMap({ map, key: 'live', value: 'be_green', beforeCommit });
      expect((await failure(overtaken)).code).toBe('conflict');
      expect(await haproxy.showMap(map)).toEqual([{ key: 'live', value: 'be_blue' }]);
    });

    it('in its refusals', async () => {
      const { haproxy } = await begin();
      const codes = await Promise.all(
        [
          haproxy.setServerState({ backend: 'app', server: 'red' }, 'drain'),
          haproxy.showStat({ proxy: 'nope' }),
          haproxy.showServersState('nope'),
          haproxy.showMap('/nope.map'),
          haproxy.setServerAddress(green, 'foo.bar'),
          haproxy.execute('frobnicate'),
        ].map(async (call) => (await failure(call)).code),
      );
      expect(codes).toEqual(['not-found', 'not-found', 'not-found', 'not-found', 'refused', 'unsupported']);
    });

    it('in its framing, byte by byte', async () => {
      const { address } = await begin();
      expect(await raw(address, 'show cli level\n')).toBe('admin\n\n');
      expect(await raw(address, 'set server app/blue weight 100\n')).toBe('\n');
      expect(await raw(address, 'set server app/red weight 100\n')).toBe('No such server.\n\n');
      expect(await raw(address, 'show cli level;show cli level\n')).toBe('admin\n\nadmin\n\n');
      expect(
        await raw(
          address,
          'prompt\nset severity-output number\nshow cli level\nset server app/red weight 1\nquit\n',
        ),
      ).toBe('\n> \n> [6]: admin\n\n> [3]: No such server.\n\n> ');
    });
  });
}
