import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createRuntimeClient } from '../packages/haproxy/src/index.ts';
import { median, ms, startStage } from './haproxy-stage.ts';

/** `show stat` of 10, 1,000 and 10,000 servers: bytes, time to read, peak memory; CSV as here, and JSON. */
export async function dumps(version: string): Promise<void> {
  console.log(
    '\nshow stat: bytes; answered and read over the socket; read alone, and the memory that takes at its peak',
  );
  for (const count of [10, 1_000, 10_000]) {
    const servers = Array.from(
      { length: count },
      (_, n) => `  server s${n} 127.0.0.1:${1024 + (n % 60_000)} weight 100`,
    );
    // Otherwise this would measure ten thousand useless checks.
    await using stage = await startStage(
      version,
      `backend many\n  default-server no-check\n${servers.join('\n')}`,
    );
    await using haproxy = createRuntimeClient({ address: stage.real.socket, timeout: 60_000 });
    const answered = await timesOf(10, async () => (await haproxy.showStat({ type: 'server' })).length);
    for (const [format, command] of [
      ['csv', 'show stat -1 4 -1'],
      ['json', 'show stat json'],
    ] as const) {
      const text = await haproxy.execute(command);
      const file = join(stage.real.folder, `dump.${format}`);
      await writeFile(file, text);
      const [few, many] = [await readApart(format, file, 5), await readApart(format, file, 20)];
      await rm(file);
      console.log(
        `  ${String(count).padStart(6)} servers, ${format.padEnd(4)} ${mib(text.length)}${format === 'csv' ? `, answered and read ${ms(answered)}` : ''}, read ${ms(many.time)}, peak ${mib(few.peak)} in 5 runs, ${mib(many.peak)} in 20`,
      );
    }
  }
}

async function readApart(
  format: string,
  file: string,
  runs: number,
): Promise<{ time: number; peak: number }> {
  const program = fileURLToPath(new URL('./haproxy-parse.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const flags = ['--conditions=@cutover/source', '--import', tsx];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program,
    format,
    file,
    String(runs),
  ]);
  return JSON.parse(stdout);
}

const mib = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

async function timesOf(runs: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < runs; n++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}
