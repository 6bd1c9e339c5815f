import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOST, isAtLeast } from '../support/real-haproxy.ts';
import { ask } from '../support/requests.ts';
import { onRealHaproxy, until } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

const MORE = `
backend fixed
  balance static-rr
  server s1 127.0.0.1:1 weight 100 check fall 1
backend referred
  acl busy srv_sess_rate(referred/by-acl) gt 50
  http-request deny if busy
  use-server by-rule unless { always_false }
  default-server no-check
  server by-acl 127.0.0.1:1
  server by-track 127.0.0.1:1 check
  server by-rule 127.0.0.1:1 track referred/by-track
  server free 127.0.0.1:1
resolvers names
  nameserver none 127.0.0.1:9
  hold valid 1s
backend aside
  option httpchk GET /health
  server s1 127.0.0.1:1 check inter 50ms
backend sealed
  server s1 127.0.0.1:1 ssl verify none
backend named
  default-server no-check
  server plain 127.0.0.1:1
  server resolved 127.0.0.1:1 resolvers names resolve-prefer ipv4 init-addr last,libc,none
`;

const FAILS_TO_ADD = [
  ['an unknown backend', { backend: 'nope', address: '1.1.1.1', port: 80 }, 'not-found', 'No such backend'],
  ['a name for an address', { address: 'no.such.host.invalid' }, 'invalid-options', 'no IP address'],
  ['a static algorithm', { backend: 'fixed', address: '1.1.1.1', port: 80 }, 'refused', 'dynamic load'],
  ['a protocol it lacks', { address: '1.1.1.1', port: 80, words: ['proto', 'h9'] }, 'refused', 'MUX'],
  ['a name that is taken', { server: 'blue', address: '1.1.1.1', port: 80 }, 'conflict', 'Already exists'],
] as const;

onRealHaproxy('the servers', { more: MORE }, (stage) => {
  const host = async () => (await stage.haproxy.showServersState('app'))[0]?.address as string;

  it.each(FAILS_TO_ADD)('addServer is refused with %s', async (_, options, code, words) => {
    const error = await failure(stage.haproxy.addServer({ backend: 'app', server: 'x', ...options }));
    expect([error.code, error.message.includes(words)]).toEqual([code, true]);
  });

  it('an added server takes no traffic until it was checked and opened, and is deleted only in maintenance', async () => {
    const { haproxy, blue } = stage;
    const target = { backend: 'app', server: 'extra' };
    const check = { inter: 100, rise: 2, fall: 2 };
    await haproxy.addServer({ ...target, address: await host(), port: blue.port, weight: 100, check });
    expect((await failure(haproxy.warm(target))).code).toBe('refused');
    await haproxy.enableHealth(target);
    await haproxy.warm(target);
    expect((await haproxy.open(target)).after.status.text).toBe('UP');
    expect((await failure(haproxy.deleteServer(target))).code).toBe('conflict');
    await haproxy.drain({ ...target, to: 'maint' });
    await expect
      .poll(() => haproxy.deleteServer(target).catch((error) => error.message), { timeout: 20_000 })
      .toBe(true);
    expect((await failure(haproxy.deleteServer(target))).code).toBe('not-found');
    expect((await haproxy.showServersState('app')).map(({ server }) => server)).toEqual(['blue', 'green']);
    expect((await ask(stage.url)).version).toBe('blue');
  });

  it('the checks of an added server see its app go and come', async () => {
    const { haproxy, green } = stage;
    const target = { backend: 'app', server: 'checked' };
    const check = { inter: 50, rise: 2, fall: 2 };
    await haproxy.addServer({ ...target, address: await host(), port: green.port, check });
    await haproxy.enableHealth(target);
    await haproxy.warm(target);
    await green.set({ healthy: false });
    await until(haproxy, 'checked', 'DOWN');
    await green.set({ healthy: true });
    await until(haproxy, 'checked', 'DRAIN');
    await haproxy.closeServer(target);
    await expect
      .poll(() => haproxy.deleteServer(target).catch((error) => error.message), { timeout: 20_000 })
      .toBe(true);
  });

  it.each([
    ['with send-proxy alone speaks HTTP at once', ['send-proxy'], /^GET /],
    ['with check-send-proxy begins with the PROXY protocol', ['send-proxy', 'check-send-proxy'], /^PROXY /],
  ])('the check of an added server %s', async (_, words, begins) => {
    const { haproxy } = stage;
    const heard: string[] = [];
    const app = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        heard.push(data.toString());
        socket.destroy();
      });
    });
    app.listen(0, '0.0.0.0');
    await once(app, 'listening');
    const target = { backend: 'app', server: 'proxied' };
    const { port } = app.address() as AddressInfo;
    await haproxy.addServer({ ...target, address: await host(), port, check: { inter: 50 }, words });
    await haproxy.enableHealth(target);
    await expect.poll(() => heard[0], { timeout: 10_000 }).toMatch(begins);
    await expect
      .poll(() => haproxy.deleteServer(target).catch((error) => error.message), { timeout: 20_000 })
      .toBe(true);
    app.close();
  });

  it('setServerCheckAddress has another place checked, and the state shows it', async () => {
    const { haproxy, blue, green } = stage;
    const target = { backend: 'aside', server: 's1' };
    const state = async () => (await haproxy.showServersState('aside'))[0];
    const status = async () => (await haproxy.showStat({ proxy: 'aside', type: 'server' }))[0]?.status.state;
    await expect.poll(status, { timeout: 10_000 }).toBe('down');
    // 3.4.7 refuses every address; here one learns when a later one does not.
    const moved = haproxy.setServerCheckAddress(target, await host(), blue.port);
    if (isAtLeast(stage.version, '3.4'))
      return expect((await failure(moved)).message).toContain('invalid addr');
    await moved;
    await expect.poll(status, { timeout: 10_000 }).toBe('up');
    await haproxy.setServerCheckPort(target, green.port);
    const { checkAddress, checkPort } = (await state()) ?? {};
    expect([checkAddress, checkPort]).toEqual([await host(), green.port]);
    const unchecked = { backend: 'named', server: 'plain' };
    expect((await failure(haproxy.setServerCheckAddress(unchecked, '127.0.0.1'))).code).toBe('refused');
  });

  it('showResolvers counts what each name server was asked', async () => {
    const { haproxy } = stage;
    const [asked] = await haproxy.showResolvers('names');
    expect([asked?.resolvers, asked?.name, asked?.counters.nx]).toEqual(['names', 'none', 0]);
    expect((await haproxy.showResolvers()).map(({ name }) => name)).toContain('none');
    expect((await failure(haproxy.showResolvers('nope'))).code).toBe('not-found');
  });

  it.each([
    ['an ACL names', 'by-acl', 'conflict', 'other configuration elements'],
    ['another tracks', 'by-track', 'conflict', 'other configuration elements'],
    ['tracks another', 'by-rule', 'conflict', 'other configuration elements'],
    ['runs', 'free', 'conflict', 'maintenance'],
    ['is not there', 'none', 'not-found', 'No such server'],
  ])('deleteServer is refused for one that %s', async (_, server, code, words) => {
    const error = await failure(stage.haproxy.deleteServer({ backend: 'referred', server }));
    expect([error.code, error.message.includes(words)]).toEqual([code, true]);
  });

  it('drain looks for itself where HAProxy will not wait: at a server that can never be deleted', async () => {
    const { haproxy } = stage;
    const target = { backend: 'referred', server: 'by-acl' };
    expect(await haproxy.drain({ ...target, to: 'maint' })).toMatchObject({ drained: true, remaining: 0 });
    if (stage.version === '2.6') return;
    const error = await failure(haproxy.waitServerRemovable(target));
    expect(error.code).toBe('conflict');
    const open = { backend: 'referred', server: 'by-track' };
    expect((await failure(haproxy.waitServerRemovable(open))).message).toContain('closeServer() first');
  });

  it('waitServerRemovable ends when the last request has, or with its limit', async () => {
    const { haproxy, url, blue } = stage;
    const target = { backend: 'app', server: 'blue' };
    const unsupported = stage.version === '2.6';
    await blue.set({ slow: 1_000 });
    const slow = ask(`${url}/slow`);
    const sessions = async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.sessions;
    await expect.poll(sessions, { interval: 5 }).toBe(1);
    await haproxy.closeServer(target);
    const waits = [20, 20_000].map((timeout) =>
      haproxy.waitServerRemovable({ ...target, timeout }).catch(({ code }) => code),
    );
    expect(await Promise.all(waits)).toEqual(unsupported ? ['unsupported', 'unsupported'] : [false, true]);
    if (!unsupported) expect(await sessions()).toBe(0);
    expect((await slow).status).toBe(200);
    await stage.reset();
  });

  it.each([2 ** 30, 2 ** 31 - 1, 2 ** 31, 1e13])(
    'drain with a limit of %d ms ends when the last request has',
    async (timeout) => {
      const { haproxy, url, blue } = stage;
      await blue.set({ slow: 500 });
      const slow = ask(`${url}/slow`);
      const sessions = async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.sessions;
      await expect.poll(sessions, { interval: 5 }).toBe(1);
      const drained = haproxy.drain({ backend: 'app', server: 'blue', to: 'maint', timeout });
      await expect(drained).resolves.toMatchObject({ drained: true, remaining: 0 });
      expect((await slow).status).toBe(200);
      await stage.reset();
    },
  );

  it('setServerSsl turns encryption off and on, where the configuration speaks of it', async () => {
    const { haproxy } = stage;
    const target = { backend: 'sealed', server: 's1' };
    const sealed = async () => (await haproxy.showServersState('sealed'))[0]?.ssl;
    expect(await sealed()).toBe(true);
    expect(await haproxy.setServerSsl(target, false)).toBe(true);
    expect(await sealed()).toBe(false);
    expect(await haproxy.setServerSsl(target, true)).toBe(true);
    expect(await sealed()).toBe(true);
    const plain = { backend: 'named', server: 'plain' };
    expect((await failure(haproxy.setServerSsl(plain, true))).code).toBe('refused');
  });

  it('a configured server in maintenance is deleted', async () => {
    const target = { backend: 'referred', server: 'free' };
    await stage.haproxy.closeServer(target);
    expect(await stage.haproxy.deleteServer(target)).toBe(true);
  });

  it('setServerFqdn is refused without resolvers, and changes nothing', async () => {
    const { haproxy } = stage;
    const before = await haproxy.showServersState('named');
    const error = await failure(haproxy.setServerFqdn({ backend: 'named', server: 'plain' }, 'localhost'));
    expect([error.code, error.message.includes('no resolution is configured')]).toEqual(['refused', true]);
    const named = ({ server, fqdn, address }: (typeof before)[number]) => [server, fqdn, address];
    expect((await haproxy.showServersState('named')).map(named)).toEqual(before.map(named));
  });

  it('setServerFqdn with resolvers shows in the state', async () => {
    const { haproxy } = stage;
    const target = { backend: 'named', server: 'resolved' };
    await haproxy.setServerFqdn(target, HOST);
    expect(await haproxy.setServerFqdn(target, HOST)).toBe(true);
    const states = await haproxy.showServersState('named');
    expect(states.find(({ server }) => server === 'resolved')?.fqdn).toBe(HOST);
  });
});

const ELSEWHERE = `
backend elsewhere
  server s1 127.0.0.1:1 weight 100 no-check agent-check agent-port 1 agent-inter 50ms
`;

onRealHaproxy('an agent', { more: ELSEWHERE }, (stage) => {
  let words = '100%';
  let heard = '';
  const agent = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard = data.toString();
    });
    socket.end(`${words}\n`);
  });
  beforeAll(async () => {
    agent.listen(0, '0.0.0.0');
    await once(agent, 'listening');
  });
  afterAll(() => void agent.close());

  it('is asked where setServerAgentAddress says', async () => {
    const { haproxy } = stage;
    const [app] = await haproxy.showServersState('app');
    const { port } = agent.address() as AddressInfo;
    words = '60%';
    await haproxy.setServerAgentAddress({ backend: 'elsewhere', server: 's1' }, app?.address as string, port);
    const state = async () => (await haproxy.showServersState('elsewhere'))[0];
    await expect.poll(async () => (await state())?.weight, { timeout: 10_000 }).toBe(60);
    expect([(await state())?.agentAddress, (await state())?.agentPort]).toEqual([app?.address, port]);
  });

  it('hears what setServerAgentSend says', async () => {
    const { haproxy } = stage;
    const target = { backend: 'elsewhere', server: 's1' };
    expect(await haproxy.setServerAgentSend(target, 'how are you?')).toBe(true);
    await expect.poll(() => heard, { timeout: 10_000 }).toBe('how are you?');
    const without = { backend: 'app', server: 'blue' };
    expect((await failure(haproxy.setServerAgentSend(without, 'hello'))).code).toBe('refused');
  });

  it('of several words sets weight, limit and state at once, and is silenced before its server is deleted', async () => {
    const { haproxy, blue } = stage;
    const target = { backend: 'app', server: 'agented' };
    const [state] = await haproxy.showServersState('app');
    const { port } = agent.address() as AddressInfo;
    await haproxy.addServer({
      ...target,
      address: state?.address as string,
      port: blue.port,
      weight: 100,
      maxconn: 50,
      words: ['agent-check', `agent-port ${port}`, 'agent-inter 50ms'].flatMap((each) => each.split(' ')),
    });
    await haproxy.enableAgent(target);
    await haproxy.setServerState(target, 'ready');
    words = '75% maxconn:30 maint';
    await expect
      .poll(
        async () => {
          const states = await haproxy.showServersState('app');
          const found = states.find(({ server }) => server === 'agented');
          const rows = await haproxy.showStat({ proxy: 'app', type: 'server' });
          const row = rows.find(({ name }) => name === 'agented');
          return [found?.weight, row?.number('slim'), found?.admin.maint];
        },
        { timeout: 10_000 },
      )
      .toEqual([75, 30, true]);
    const findings = await haproxy.doctor();
    expect(findings.some(({ code, subject }) => code === 'agent' && subject === 'app/agented')).toBe(true);
    await haproxy.disableAgent(target);
    await haproxy.closeServer(target);
    await expect
      .poll(() => haproxy.deleteServer(target).catch((error) => error.message), { timeout: 20_000 })
      .toBe(true);
  });
});
