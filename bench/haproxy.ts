/**
 * Figures of @cutover/haproxy against a real HAProxy: `npx tsx bench/haproxy.ts [--full] [--rate 1000] [--version 3.0]`.
 * Needs an engine (`pnpm engine`). `--full` adds 100 switches under 100,000 requests (two minutes).
 */
import { parseArgs } from 'node:util';
import { createRuntimeClient, type RuntimeClient, setServerWeight } from '../packages/haproxy/src/index.ts';
import { startApp } from '../packages/haproxy/test/support/app.ts';
import { configOf } from '../packages/haproxy/test/support/configs.ts';
import { type RealHaproxy, SHARED, startRealHaproxy } from '../packages/haproxy/test/support/real-haproxy.ts';
import { ask, pressure } from '../packages/haproxy/test/support/requests.ts';
import { openEcho } from '../packages/haproxy/test/support/web-socket.ts';
import { startLoad } from '../packages/internal/src/testing/load/start-load.ts';
import { ensureEngine } from '../scripts/engine/index.ts';
import { findPeers } from './haproxy-peers.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
    version: { type: 'string', default: '3.0' },
  },
});
const BLUE = { backend: 'app', server: 'blue' };

const ONE_SHOT = 'ours, one-shot';
const ROUNDS = 7;
/** Milliseconds. */
const ROUND = 250;

/** How often `work` ends in a second, measured for `ms`. */
async function rate(ms: number, count: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const start = performance.now();
  let done = 0;
  for (; performance.now() - start < ms; done += count) await work();
  return (done * 1000) / (performance.now() - start);
}

async function commands(real: RealHaproxy): Promise<void> {
  await using oneShot = createRuntimeClient({ address: real.socket, oneShot: true });
  await using persistent = real.client();
  await using found = await findPeers(real.socket);
  const batch = Array.from({ length: 2000 }, () => setServerWeight(BLUE, 100));
  const contenders: [string, number, () => Promise<unknown>][] = [
    ...found.peers.map(({ name, send }): [string, number, () => Promise<unknown>] => [name, 1, send]),
    [ONE_SHOT, 1, () => oneShot.setServerWeight(BLUE, 100)],
    ['ours, persistent', 1, () => persistent.setServerWeight(BLUE, 100)],
    [
      'ours, 200 calls at once',
      200,
      () => Promise.all(batch.slice(0, 200).map((command) => persistent.run(command))),
    ],
    ['ours, pipelined', batch.length, () => persistent.runAll(batch)],
  ];
  // In rounds, so that what else the machine does falls on each alike.
  const rates = new Map<string, number[]>(contenders.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, count, work] of contenders) rates.get(name)?.push(await rate(ROUND, count, work));
  }
  const rows = contenders.map(([name]): [string, number] => [name, median(rates.get(name) ?? [])]);
  const base = rows.find(([name]) => name === ONE_SHOT)?.[1] ?? Number.NaN;
  console.log('\nset server … weight: commands a second, and times our one-shot');
  for (const [name, perSecond] of rows)
    console.log(
      `  ${name.padEnd(26)} ${perSecond.toFixed(0).padStart(8)}  ${(perSecond / base).toFixed(2).padStart(7)} x`,
    );
  for (const reason of found.missing) console.log(`  (${reason})`);
}

const median = (numbers: number[]): number =>
  numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function dumps(version: string): Promise<void> {
  console.log('\nshow stat: size, time of answer and of reading every row, heap kept; CSV as here, and JSON');
  for (const count of [10, 1000, 10_000]) {
    const lines = Array.from(
      { length: count },
      (_, n) => `  server s${n} 127.0.0.1:${1024 + (n % 60_000)} weight 100`,
    );
    const config = configOf(1, 1, { version, more: `backend many\n${lines.join('\n')}` });
    await using real = await startRealHaproxy(version, config, { 'live.map': 'live be_blue\n' });
    await using haproxy = createRuntimeClient({ address: real.socket, timeout: 60_000 });
    const csv = await haproxy.execute('show stat -1 4 -1');
    const times = await timesOf(20, async () => (await haproxy.showStat({ type: 'server' })).length);
    const { readStat } = await import('../packages/haproxy/src/commands/stat.ts');
    const before = process.memoryUsage().heapUsed;
    const rows = readStat(csv);
    const kept = process.memoryUsage().heapUsed - before;
    const parse = await timesOf(20, async () => readStat(csv)?.length);
    const read = await timesOf(20, async () =>
      readStat(csv)?.reduce((sum, row) => sum + row.sessions + row.status.text.length, 0),
    );
    console.log(
      `  ${String(rows?.length).padStart(6)} servers  CSV ${kib(csv.length)}  answered and parsed ${ms(times)}  parsed ${ms(parse)}  with two columns of each read ${ms(read)}  heap kept ${kib(kept)}`,
    );
    const json = await haproxy.execute('show stat json');
    const jsonTimes = await timesOf(3, async () => (JSON.parse(json) as unknown[]).length);
    console.log(`  ${' '.repeat(15)} JSON ${kib(json.length)}  JSON.parse ${ms(jsonTimes)}`);
  }
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
const ms = (time: number): string => `${time.toFixed(1)} ms`;

async function timesOf(runs: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < runs; n++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** Milliseconds from the health check that makes a slot warm until it is open. */
async function opening(haproxy: RuntimeClient, green: { readonly checkedAt: number }): Promise<void> {
  const server = { backend: 'app', server: 'green' };
  const late: number[] = [];
  for (let n = 0; n < 20; n++) {
    await haproxy.closeServer(server);
    await haproxy.warm(server);
    await haproxy.open(server);
    late.push(performance.now() - green.checkedAt);
    await haproxy.closeServer(server);
  }
  console.log(
    `\nwarm, open: from HAProxy's own last check to UP read back, median ${ms(median(late))}, worst ${ms(Math.max(...late))}`,
  );
}

/** A busy machine can make a check late; switching to a backend that is down would be refused. */
async function bothUp(haproxy: RuntimeClient): Promise<void> {
  const wanted = ['be_blue', 'be_green'];
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    if ((await haproxy.health({ backends: wanted })).healthy) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function switching(
  real: RealHaproxy,
  haproxy: RuntimeClient,
  way: 'map' | 'server state',
): Promise<void> {
  const path = way === 'map' ? '/map/' : '/';
  const echoes = await Promise.all(Array.from({ length: 10 }, () => openEcho(real.url, `${path}ws`)));
  const { cookie = '' } = await ask(real.url);
  const bound = pressure(real.url, { clients: 2, cookie });
  const load = startLoad({
    target: real.url,
    rate: Number(values.rate),
    duration: 120_000,
    requests: [
      { name: 'get', path, weight: 5 },
      { name: 'fresh', path, weight: 2, connection: 'fresh' },
      { name: 'post', path, method: 'POST', body: '{"id":"{id}"}', weight: 3 },
      { name: 'three seconds', path: `${path}slow`, weight: 0.1, slow: true },
    ],
  });
  const end = performance.now() + 55_000;
  let switches = 0;
  for (; switches < 50 || performance.now() < end; switches++) {
    const [from, to] = switches % 2 ? ['green', 'blue'] : ['blue', 'green'];
    await bothUp(haproxy);
    if (way === 'map')
      await haproxy.switchMap({
        map: `${SHARED}/live.map`,
        key: 'live',
        value: `be_${to}`,
        requireBackend: true,
      });
    else {
      await haproxy.warm({ backend: 'app', server: to as string });
      await haproxy.switchServers({ backend: 'app', to: to as string, from: from as string });
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const { sent, failed, failures, versions, latency, lag } = await load.stop();
  const cookies = await bound.stop();
  const alive = (await Promise.all(echoes.map((echo) => echo.echoes('alive')))).filter(Boolean).length;
  for (const echo of echoes) echo.close();
  console.log(
    `\n${switches} switches by ${way}: ${sent} requests, ${failed} failed ${JSON.stringify(failures)}, p99 ${ms(latency.p99)}, p99.9 ${ms(latency.p999)}, meter lag ${ms(lag)}`,
  );
  console.log(
    `  cookie clients: ${cookies.sent} requests, ${cookies.failed} failed; WebSockets alive at the end: ${alive} of ${echoes.length}`,
  );
  console.log(
    `  answers ${Object.entries(versions)
      .map(([name, { answers }]) => `${name} ${answers}`)
      .join(', ')}`,
  );
}

// The engine of this project, or the one that answers already.
Object.assign(
  process.env,
  (await ensureEngine({ images: ['haproxy:2.6', 'haproxy:3.0'], log: console.log })).env,
);
const version = values.version;
await using blue = await startApp('blue');
await using green = await startApp('green');
blue.slow = 3_000;
green.slow = 3_000;
const files = { 'live.map': 'live be_blue\n' };
await using real = await startRealHaproxy(version, configOf(blue.port, green.port, { version }), files);
await using haproxy = real.client();
console.log(`HAProxy ${(await haproxy.showVersion()).text}, Node ${process.version}`);
await commands(real);
await opening(haproxy, green);
if (values.full) {
  await switching(real, haproxy, 'map');
  await haproxy.closeServer({ backend: 'app', server: 'green' });
  await using other = real.client();
  await switching(real, other, 'server state');
}
// Last: reading 100 MB of JSON stops this process, and the apps in it, for seconds.
await dumps(version);
