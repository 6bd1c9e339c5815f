import { drainPm2 } from '@cutover/lifecycle';
import { startPm2 } from '@cutover/testing';

const WORKERS = 4;
/** Milliseconds that each worker takes to end. */
const DRAIN = 2_000;

const CODE = `
  process.on('SIGINT', () => setTimeout(() => process.exit(0), ${DRAIN}));
  setInterval(() => {}, 1000);
  process.send('ready');
`;

/** Seconds to stop four workers that take two each. */
export async function pm2Figures(): Promise<Record<string, string>> {
  await using pm2 = await startPm2();
  const app = {
    code: CODE,
    instances: WORKERS,
    exec_mode: 'cluster',
    wait_ready: true,
    kill_timeout: 10_000,
  };
  await pm2.start({ name: 'ours', ...app }, { name: 'theirs', ...app });
  const { duration, outcome } = await drainPm2({ processes: ['ours'], pm2Home: pm2.home });
  const began = performance.now();
  await pm2.cli('stop', 'theirs', '--silent');
  const theirs = performance.now() - began;
  return {
    'floor: one drain': seconds(DRAIN),
    [`drainPm2, ${WORKERS} workers, ${outcome}`]: seconds(duration),
    [`pm2 stop, ${WORKERS} workers`]: seconds(theirs),
  };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
