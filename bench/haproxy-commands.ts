import { createRuntimeClient, type RuntimeClient, setServerWeight } from '../packages/haproxy/src/index.ts';
import { bareSocket, findPeers } from './haproxy-peers.ts';
import { type BenchStage, median } from './haproxy-stage.ts';

const BLUE = { backend: 'app', server: 'blue' };
const ONE_SHOT = 'ours, one-shot';
const ROUNDS = 7;
/** Milliseconds. */
const ROUND = 250;

interface Contender {
  readonly name: string;
  /** Commands in one piece of work. */
  readonly count: number;
  readonly work: () => Promise<unknown>;
}

interface Sample {
  /** Commands a second. */
  readonly rate: number;
  /** Microseconds of this process's CPU for a command. */
  readonly cpu: number;
}

/** Commands a second, in rounds, so that other load of the machine affects all clients equally. */
export async function commands({ real }: BenchStage): Promise<void> {
  await using oneShot = createRuntimeClient({ address: real.socket, oneShot: true });
  await using persistent = real.client();
  await using found = await findPeers(real.socket);
  await using bare = await bareSocket(real.socket);
  const batch = Array.from({ length: 2000 }, () => setServerWeight(BLUE, 100));
  const together = (client: RuntimeClient) =>
    Promise.all(batch.slice(0, 200).map((command) => client.run(command)));
  const contenders: Contender[] = [
    ...[...found.peers, bare].map(({ name, send }) => ({ name, count: 1, work: send })),
    { name: ONE_SHOT, count: 1, work: () => oneShot.setServerWeight(BLUE, 100) },
    { name: 'ours, persistent', count: 1, work: () => persistent.setServerWeight(BLUE, 100) },
    { name: 'ours, one-shot, 200 callers', count: 200, work: () => together(oneShot) },
    {
      name: 'ours, persistent, 200 callers',
      count: 200,
      work: () => together(persistent),
    },
    { name: 'ours, pipelined', count: batch.length, work: () => persistent.runAll(batch) },
  ];
  const samples = contenders.map((): Sample[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, contender] of contenders.entries()) samples[at]?.push(await measure(contender));
  }
  const rows = contenders.map(({ name }, at) => {
    const own = samples[at] ?? [];
    return { name, rate: median(own.map(({ rate }) => rate)), cpu: median(own.map(({ cpu }) => cpu)) };
  });
  const base = rows.find(({ name }) => name === ONE_SHOT)?.rate ?? Number.NaN;
  console.log(`\nset server … weight, median of ${ROUNDS} rounds`);
  console.log(`  ${''.padEnd(30)} ${'a second'.padStart(8)}  ${'one-shot'.padStart(9)}  CPU here`);
  for (const { name, rate, cpu } of rows)
    console.log(
      `  ${name.padEnd(30)} ${rate.toFixed(0).padStart(8)}  ${(rate / base).toFixed(2).padStart(7)} x  ${cpu.toFixed(0).padStart(5)} µs`,
    );
  for (const reason of found.missing) console.log(`  (${reason})`);
}

async function measure({ count, work }: Contender): Promise<Sample> {
  await work();
  const start = performance.now();
  const before = process.cpuUsage();
  let done = 0;
  for (; performance.now() - start < ROUND; done += count) await work();
  const { user, system } = process.cpuUsage(before);
  return { rate: (done * 1000) / (performance.now() - start), cpu: (user + system) / done };
}
