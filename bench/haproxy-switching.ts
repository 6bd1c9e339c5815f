import { loadavg } from 'node:os';
import type { LoadReport } from '@cutover/testing';
import type { RuntimeClient } from '../packages/haproxy/src/index.ts';
import { SHARED } from '../packages/haproxy/test/support/real-haproxy.ts';
import { ask, pressure } from '../packages/haproxy/test/support/requests.ts';
import { openEcho } from '../packages/haproxy/test/support/web-socket.ts';
import { pause, startRunning } from './haproxy-calibrate.ts';
import { type BenchStage, ms } from './haproxy-stage.ts';

export type Way = 'map' | 'server state';

/** Milliseconds of delay in the meter itself above which a run is discarded: the limit for late answers. */
const LAG_LIMIT = 1_000;
/** Seconds of one run: short, so a busy moment of the machine spoils little. */
const RUN = 60;
/** Milliseconds between the end of a switch and the next one. */
const BETWEEN = 500;
const WEB_SOCKETS = 10;

interface Run extends LoadReport {
  readonly switches: number;
  readonly cookies: { readonly sent: number; readonly failed: number };
  /** Of {@link WEB_SOCKETS}, how many answered after every switch. */
  readonly alive: number;
}

/**
 * Switches back and forth under an open-loop load until enough requests were counted. Runs with a late meter are
 * reported and not counted; if there are as many of them as needed runs, it throws instead of printing figures.
 */
export async function campaign(stage: BenchStage, way: Way, rate: number, requests: number): Promise<void> {
  const runs: Run[] = [];
  const discarded: Run[] = [];
  const wanted = Math.ceil(requests / (rate * RUN));
  while (runs.length < wanted) {
    const run = await switching(stage, way, rate);
    (run.lag > LAG_LIMIT ? discarded : runs).push(run);
    console.error(
      `  run by ${way}: ${run.sent} sent, ${run.failed} failed ${JSON.stringify(run.failures)}, ${run.switches} switches, lag ${ms(run.lag)}`,
    );
    if (discarded.length > wanted)
      throw new Error(
        `no figures by ${way}: the meter itself was late by up to ${ms(most(discarded, ({ lag }) => lag))} in ${discarded.length} runs, more than ${LAG_LIMIT} ms; use an idle machine or a lower --rate`,
      );
  }
  print(way, rate, runs);
  for (const { sent, failed, failures, lag } of discarded)
    console.log(
      `  not counted: ${sent} requests, ${failed} failed ${JSON.stringify(failures)}, in a run whose meter was ${ms(lag)} late`,
    );
}

async function switching(stage: BenchStage, way: Way, rate: number): Promise<Run> {
  const url = stage.real.url();
  const path = way === 'map' ? '/map/' : '/';
  const echoes = await Promise.all(Array.from({ length: WEB_SOCKETS }, () => openEcho(url, `${path}ws`)));
  const { cookie = '' } = await ask(url);
  const bound = pressure(url, { clients: 2, cookie, pause: 20 });
  const load = await startRunning({ target: url, rate, duration: RUN * 1000, requests: mix(path) });
  let over = false;
  const finished = load.finished.finally(() => {
    over = true;
  });
  let switches = 0;
  let alive = WEB_SOCKETS;
  for (; !over; switches++) {
    await switchOnce(stage.haproxy, way);
    const heard = await Promise.all(echoes.map((echo) => echo.echoes(`after switch ${switches}.`)));
    alive = Math.min(alive, heard.filter(Boolean).length);
    await pause(BETWEEN);
  }
  const report = await finished;
  const cookies = await bound.stop();
  for (const echo of echoes) echo.close();
  return { ...report, switches, cookies, alive };
}

const mix = (path: string) =>
  [
    { name: 'get', path, weight: 5, includes: '{id}' },
    { name: 'fresh', path, weight: 2, connection: 'fresh', includes: '{id}' },
    { name: 'post', path, method: 'POST', body: '{"id":"{id}"}', weight: 3, includes: '{id}' },
    { name: 'three seconds', path: `${path}slow`, weight: 0.1, slow: true, includes: '{id}' },
  ] as const;

async function switchOnce(haproxy: RuntimeClient, way: Way): Promise<void> {
  if (way === 'map') {
    const map = `${SHARED}/live.map`;
    const [live] = await haproxy.showMap(map);
    const value = live?.value === 'be_blue' ? 'be_green' : 'be_blue';
    await untilUp(haproxy, value);
    await haproxy.switchMap({ map, key: 'live', value, requireBackend: true });
    return;
  }
  const [blue] = await haproxy.showStat({ proxy: 'app', type: 'server' });
  const [from, to] = blue?.status.state === 'up' ? ['blue', 'green'] : ['green', 'blue'];
  await haproxy.warm({ backend: 'app', server: to });
  await haproxy.switchServers({ backend: 'app', to, from });
}

/** A busy machine can make a check late; switching to a backend that is down would be refused. */
async function untilUp(haproxy: RuntimeClient, backend: string): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; await pause(50))
    if ((await haproxy.health({ backends: [backend] })).healthy) return;
}

const sum = (runs: readonly Run[], of: (run: Run) => number) =>
  runs.reduce((total, run) => total + of(run), 0);
const most = (runs: readonly Run[], of: (run: Run) => number) => Math.max(...runs.map(of));

function print(way: Way, rate: number, runs: readonly Run[]): void {
  const counts = (of: (run: Run) => { sent: number; failed: number } | undefined) =>
    `${sum(runs, (run) => of(run)?.sent ?? 0)} (${sum(runs, (run) => of(run)?.failed ?? 0)} failed)`;
  const worst = (of: (run: Run) => number) => ms(most(runs, of));
  const kinds = Object.keys(runs[0]?.kinds ?? {}).map(
    (kind) => `${kind} ${counts((run) => run.kinds[kind])}`,
  );
  const failures = runs.flatMap((run) => Object.entries(run.failures).map(([what, n]) => `${n} × ${what}`));
  console.log(`
${sum(runs, ({ switches }) => switches)} switches by ${way}, ${runs.length} runs of ${RUN} s at ${rate} requests a second: ${counts((run) => run)} ${failures.join('; ')}
  ${sum(runs, ({ late }) => late)} answers later than 1 s of those not slow on purpose
  on fresh connections ${counts(({ fresh }) => fresh)}, reused ${counts(({ reused }) => reused)}; ${kinds.join(', ')}
  cookie clients ${counts(({ cookies }) => cookies)}; WebSockets alive after every switch: ${Math.min(...runs.map(({ alive }) => alive))} of ${WEB_SOCKETS}
  worst run: p50 ${worst(({ latency }) => latency.p50)}, p99 ${worst(({ latency }) => latency.p99)}, p99.9 ${worst(({ latency }) => latency.p999)}, longest ${worst(({ latency }) => latency.max)}; meter lag ${worst(({ lag }) => lag)}; load average now ${loadavg()[0]?.toFixed(1)}`);
}
