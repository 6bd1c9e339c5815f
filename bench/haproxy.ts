/**
 * Figures of @cutover/haproxy against a real HAProxy: `npx tsx --conditions=@cutover/source bench/haproxy.ts
 * [commands|opening|dumps|by-map|by-server-state …] [--version 3.0] [--rate 300] [--requests 100000]`; without a word
 * the first three. The other two switch under load and take as long as their requests: six minutes each. Uses this
 * project's engine, or the one that answers.
 */
import { parseArgs } from 'node:util';
import { ensureEngine } from '../scripts/engine/index.ts';
import { calibrate } from './haproxy-calibrate.ts';
import { commands } from './haproxy-commands.ts';
import { dumps } from './haproxy-dumps.ts';
import { opening } from './haproxy-opening.ts';
import { startStage } from './haproxy-stage.ts';
import { campaign, type Way } from './haproxy-switching.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'string', default: '3.0' },
    rate: { type: 'string', default: '300' },
    requests: { type: 'string', default: '100000' },
  },
});
const { version } = values;
const [rate, requests] = [Number(values.rate), Number(values.requests)];

async function switching(way: Way): Promise<void> {
  await using stage = await startStage(version);
  await calibrate(stage, rate);
  await campaign(stage, way, rate, requests);
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  commands: async () => {
    await using stage = await startStage(version);
    await commands(stage);
  },
  opening: async () => {
    await using stage = await startStage(version);
    await opening(stage);
  },
  dumps: () => dumps(version),
  'by-map': () => switching('map'),
  'by-server-state': () => switching('server state'),
};

const { env } = await ensureEngine({ images: ['haproxy:2.6', 'haproxy:3.0'], log: console.error });
Object.assign(process.env, env);
console.log(`HAProxy ${version}, Node ${process.version}`);
for (const part of positionals.length > 0 ? positionals : ['commands', 'opening', 'dumps']) {
  if (!PARTS[part]) throw new Error(`no part "${part}": one of ${Object.keys(PARTS).join(', ')}`);
  await PARTS[part]();
}
